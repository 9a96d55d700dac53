# The packages libcrm is built on; all from Debian 12. Also included by the
# installed package file, so that consumers find the same ones.
include_guard(GLOBAL)
find_package(Threads REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(crm_sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium)
pkg_check_modules(crm_simdjson REQUIRED IMPORTED_TARGET GLOBAL simdjson)
pkg_check_modules(crm_lz4 REQUIRED IMPORTED_TARGET GLOBAL liblz4)
pkg_check_modules(crm_zlib REQUIRED IMPORTED_TARGET GLOBAL zlib)
pkg_check_modules(crm_icu REQUIRED IMPORTED_TARGET GLOBAL icu-uc)
find_library(CRM_PHONENUMBER_LIBRARY phonenumber REQUIRED)
find_path(CRM_FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)

# The library crm::crm and the program crm.
include_guard(GLOBAL)

# Settings that every target of this project shares.
add_library(crm_settings INTERFACE)
target_compile_features(crm_settings INTERFACE cxx_std_20)
target_compile_options(crm_settings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wnon-virtual-dtor>
  -fstack-protector-strong)
if(CRM_WERROR)
  target_compile_options(crm_settings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(crm_settings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
endif()
if(CRM_SANITIZE)
  target_compile_options(crm_settings INTERFACE
    -fsanitize=${CRM_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(crm_settings INTERFACE -fsanitize=${CRM_SANITIZE})
endif()

function(crm_add_library)
  find_program(CRM_FLATC flatc REQUIRED)
  set(generated "${PROJECT_BINARY_DIR}/generated")
  set(schema "${PROJECT_SOURCE_DIR}/src/format/records.fbs")
  add_custom_command(
    OUTPUT "${generated}/format/records_generated.h"
    COMMAND "${CRM_FLATC}" --cpp --scoped-enums -o "${generated}/format" "${schema}"
    DEPENDS "${schema}" VERBATIM)

  file(GLOB sources CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/src/base/*.cc"
    "${PROJECT_SOURCE_DIR}/src/format/*.cc"
    "${PROJECT_SOURCE_DIR}/src/storage/*.cc"
    "${PROJECT_SOURCE_DIR}/src/event/*.cc"
    "${PROJECT_SOURCE_DIR}/src/identity/*.cc"
    "${PROJECT_SOURCE_DIR}/src/profile/*.cc"
    "${PROJECT_SOURCE_DIR}/src/store/*.cc"
    "${PROJECT_SOURCE_DIR}/src/ingest/*.cc")
  add_library(crm STATIC ${sources}
    "${generated}/format/records_generated.h")
  add_library(crm::crm ALIAS crm)
  set_target_properties(crm PROPERTIES POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(crm
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:include>
    PRIVATE "${PROJECT_SOURCE_DIR}/src" "${generated}"
            "${CRM_FLATBUFFERS_INCLUDE}")
  target_compile_features(crm PUBLIC cxx_std_20)
  target_link_libraries(crm PRIVATE $<BUILD_INTERFACE:crm_settings>
    RocksDB::rocksdb-shared absl::flat_hash_map absl::hash
    PkgConfig::crm_sodium PkgConfig::crm_simdjson PkgConfig::crm_lz4
    PkgConfig::crm_zlib PkgConfig::crm_icu "${CRM_PHONENUMBER_LIBRARY}"
    Threads::Threads)
  target_compile_definitions(crm PRIVATE CRM_VERSION="${PROJECT_VERSION}")
endfunction()

function(crm_add_program)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.cc")
  if(NOT sources)
    return()
  endif()
  add_executable(crm_program ${sources})
  # Faces use public headers only, so src/ is on the path for cli/ alone.
  target_include_directories(crm_program PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(crm_program PRIVATE crm::crm crm_settings)
  target_compile_definitions(crm_program PRIVATE
    CRM_VERSION="${PROJECT_VERSION}")
  set_target_properties(crm_program PROPERTIES OUTPUT_NAME crm
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endfunction()

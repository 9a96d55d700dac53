# The libraries crm::crm (C++) and crm::capi (C), and the program crm.
include_guard(GLOBAL)

# Settings that every target of this project shares; none of them reaches a
# consumer.
add_library(crm_settings INTERFACE)
target_compile_features(crm_settings INTERFACE cxx_std_20)
target_compile_options(crm_settings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wshadow;-Wnon-virtual-dtor>
  -fstack-protector-strong
  # Options are made to be named in part: {.partial = true}.
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>
  # Gcc 12 sees overlaps in "a" + string that are not there (PR 105651).
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
if(CRM_WERROR)
  target_compile_options(crm_settings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(crm_settings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
endif()

# A unity build has one source a room, which includes all others: what gcc takes
# for a header there is none.
if(CMAKE_UNITY_BUILD)
  target_compile_options(crm_settings INTERFACE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endif()

set(crm_sanitize "${CRM_SANITIZE}")
if(CRM_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CRM_BUILD_FUZZERS needs clang")
  endif()
  if(NOT crm_sanitize)
    set(crm_sanitize "address,undefined")
  endif()
  target_compile_options(crm_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(crm_sanitize)
  target_compile_options(crm_settings INTERFACE
    -fsanitize=${crm_sanitize} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(crm_settings INTERFACE -fsanitize=${crm_sanitize})
else()
  # Checked string functions need an optimised build, and hide from the
  # sanitizers what they look for.
  target_compile_options(crm_settings INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=2>)
endif()

# Generated FlatBuffers headers go to the build tree, never to include/.
function(crm_add_generated)
  set(folder "${PROJECT_BINARY_DIR}/generated/format")
  file(MAKE_DIRECTORY "${folder}")
  file(GLOB schemas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/format/*.fbs")
  set(headers "")
  foreach(schema IN LISTS schemas)
    get_filename_component(name "${schema}" NAME_WE)
    add_custom_command(
      OUTPUT "${folder}/${name}_generated.h"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
      COMMAND "${CRM_FLATC}" --cpp --scoped-enums --gen-mutable -o "${folder}" "${schema}"
      DEPENDS "${schema}" VERBATIM)
    list(APPEND headers "${folder}/${name}_generated.h")
  endforeach()
  add_custom_target(crm_generated DEPENDS ${headers})
endfunction()

function(crm_add_library)
  crm_add_generated()
  set(sources "")
  foreach(room base format storage criteria event identity profile consent privacy store ingest)
    file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*.cc")
    list(APPEND sources ${found})
    set_source_files_properties(${found} PROPERTIES UNITY_GROUP ${room})
  endforeach()
  add_library(crm STATIC ${sources})
  add_library(crm::crm ALIAS crm)
  add_dependencies(crm crm_generated)
  set_target_properties(crm PROPERTIES POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    UNITY_BUILD_MODE GROUP)
  target_include_directories(crm
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/generated")
  target_include_directories(crm SYSTEM PRIVATE
    "${CRM_FLATBUFFERS_INCLUDE}" "${CRM_NLOHMANN_INCLUDE}"
    "${CRM_XXHASH_INCLUDE}")
  target_compile_features(crm PUBLIC cxx_std_20)
  # Private, so that no consumer sees their headers; they still reach the
  # consumer's link, since the library is static.
  target_link_libraries(crm PRIVATE $<BUILD_INTERFACE:crm_settings>
    RocksDB::rocksdb-shared absl::flat_hash_map absl::hash date::date-tz
    PkgConfig::crm_sodium PkgConfig::crm_simdjson PkgConfig::crm_lz4
    PkgConfig::crm_zlib PkgConfig::crm_icu PkgConfig::crm_re2
    Threads::Threads)
  target_compile_definitions(crm PRIVATE CRM_VERSION="${PROJECT_VERSION}")
  if(CRM_WITH_PHONENUMBER)
    target_include_directories(crm SYSTEM PRIVATE "${CRM_PHONENUMBER_INCLUDE}")
    target_link_libraries(crm PRIVATE crm_phonenumber)
    set_source_files_properties("${PROJECT_SOURCE_DIR}/src/identity/phone.cc"
      PROPERTIES COMPILE_DEFINITIONS CRM_WITH_PHONENUMBER=1)
  endif()
endfunction()

# The C library: the C++ one behind a face of C, with nothing else to be seen.
# Its soname is an epoch of the ABI, not a version: see capi/README.md.
function(crm_add_capi)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/capi/*.cc")
  set(exports "${PROJECT_SOURCE_DIR}/capi/exports.map")
  add_library(crm_capi SHARED ${sources})
  add_library(crm::capi ALIAS crm_capi)
  set_target_properties(crm_capi PROPERTIES
    OUTPUT_NAME crm_c EXPORT_NAME capi SOVERSION 0
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    UNITY_BUILD_BATCH_SIZE 0 LINK_DEPENDS "${exports}")
  target_include_directories(crm_capi
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(crm_capi PRIVATE crm::crm
    $<BUILD_INTERFACE:crm_settings>)
  target_link_options(crm_capi PRIVATE "LINKER:--version-script=${exports}")
  if(CRM_BUILD_TESTS)
    # The types of the ABI are compared by what the debugger knows of them.
    target_compile_options(crm_capi PRIVATE -g
      "-fdebug-prefix-map=${PROJECT_SOURCE_DIR}=.")
  endif()
  # From which sources, for reports of faults.
  set(commit "")
  if(EXISTS "${PROJECT_SOURCE_DIR}/.git")
    execute_process(COMMAND git rev-parse --short=12 HEAD
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT commit)
    set(commit unknown)
  endif()
  set_source_files_properties("${PROJECT_SOURCE_DIR}/capi/version.cc"
    PROPERTIES COMPILE_DEFINITIONS
    "CRM_VERSION=\"${PROJECT_VERSION}\";CRM_SOURCE_COMMIT=\"${commit}\"")
endfunction()

function(crm_add_program)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.cc")
  if(NOT sources)
    return()
  endif()
  add_executable(crm_program ${sources})
  # Faces use public headers only, so src/ is on the path for cli/ alone.
  target_include_directories(crm_program PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_include_directories(crm_program SYSTEM PRIVATE "${CRM_CLI11_INCLUDE}")
  target_link_libraries(crm_program PRIVATE crm::crm crm_settings)
  target_compile_definitions(crm_program PRIVATE
    CRM_VERSION="${PROJECT_VERSION}")
  set_target_properties(crm_program PROPERTIES OUTPUT_NAME crm
    UNITY_BUILD_BATCH_SIZE 0
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endfunction()

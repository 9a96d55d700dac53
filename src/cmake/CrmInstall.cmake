# Installs the headers, the libraries with their package files, and the program.
#
# The C library has an export set of its own: who asks for it alone needs none
# of the packages that the static C++ library brings along.
include(CMakePackageConfigHelpers)

set(crm_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/crm")

install(TARGETS crm EXPORT crmTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET crm_program)
  install(TARGETS crm_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The JSON Schema of criteria, as the library has it.
set(crm_schema "${PROJECT_SOURCE_DIR}/src/criteria/schema.cc")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${crm_schema}")
file(READ "${crm_schema}" crm_text)
string(FIND "${crm_text}" "R\"json(" crm_begin)
string(FIND "${crm_text}" ")json\"" crm_end)
math(EXPR crm_begin "${crm_begin} + 7")
math(EXPR crm_length "${crm_end} - ${crm_begin}")
string(SUBSTRING "${crm_text}" ${crm_begin} ${crm_length} crm_text)
file(WRITE "${PROJECT_BINARY_DIR}/criteria.schema.json" "${crm_text}")
install(FILES "${PROJECT_BINARY_DIR}/criteria.schema.json"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/crm")

install(EXPORT crmTargets NAMESPACE crm:: DESTINATION "${crm_package_dir}")
if(TARGET crm_capi)
  install(TARGETS crm_capi EXPORT crmCapiTargets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT crmCapiTargets NAMESPACE crm::
    DESTINATION "${crm_package_dir}")
  # The file says where it lies, so that the tree can be moved.
  file(RELATIVE_PATH crm_pc_prefix
    "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  configure_file("${PROJECT_SOURCE_DIR}/src/cmake/crm.pc.in"
    "${PROJECT_BINARY_DIR}/crm.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/crm.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/src/cmake/crmConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/crmConfig.cmake"
  INSTALL_DESTINATION "${crm_package_dir}")
# Before 1.0 a minor version may break: see CHANGELOG.md.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/crmConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/crmConfig.cmake"
  "${PROJECT_BINARY_DIR}/crmConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/src/cmake/CrmDependencies.cmake"
  DESTINATION "${crm_package_dir}")

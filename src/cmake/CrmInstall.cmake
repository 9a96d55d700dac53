# Installs the headers, the library with its package file, and the program.
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

install(EXPORT crmTargets NAMESPACE crm:: DESTINATION "${crm_package_dir}")
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

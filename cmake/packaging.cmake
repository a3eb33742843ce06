# Install and export: find_package(moebius) gives moebius::core and the other libraries.
# tests/install builds a consumer from the result.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/moebius)

set(libraries core simulate compare io logs diagnose plan)
list(TRANSFORM libraries PREPEND moebius_)
foreach(library IN LISTS libraries)
  if(TARGET ${library})
    install(TARGETS ${library} EXPORT moebius FILE_SET HEADERS)
  endif()
endforeach()
install(EXPORT moebius NAMESPACE moebius:: FILE moebiusTargets.cmake DESTINATION ${package_dir})

configure_package_config_file(cmake/moebiusConfig.cmake.in moebiusConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(moebiusConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/moebiusConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/moebiusConfigVersion.cmake
  DESTINATION ${package_dir})

if(TARGET moebius)
  install(TARGETS moebius)
endif()

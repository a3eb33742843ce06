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

# Manual pages and completion of shells come from the program's own tables of options.
if(TARGET moebius AND NOT CMAKE_CROSSCOMPILING)
  set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
  add_custom_command(OUTPUT ${pages}/made
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
    COMMAND moebius man ${pages}/man1
    COMMAND moebius completion bash > ${pages}/moebius
    COMMAND moebius completion zsh > ${pages}/_moebius
    COMMAND moebius completion fish > ${pages}/moebius.fish
    COMMAND ${CMAKE_COMMAND} -E touch ${pages}/made
    DEPENDS moebius VERBATIM)
  add_custom_target(moebius_pages ALL DEPENDS ${pages}/made)
  install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${pages}/moebius DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  # zsh reads the first in its own prefix; of a package Debian's zsh reads the second alone.
  foreach(folder site-functions vendor-completions)
    install(FILES ${pages}/_moebius DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${folder})
  endforeach()
  install(FILES ${pages}/moebius.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

# cpack in the build folder makes moebius_VERSION_ARCH.deb, of what this build has.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR moebius)
set(CPACK_PACKAGE_CONTACT "moebius <moebius@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What is loaded when it is used, which the program's own header does not name.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS gnuplot-nox)
if(MOEBIUS_NETCDF AND MOEBIUS_NETCDF_NAME)
  string(REPLACE .so. "" package ${MOEBIUS_NETCDF_NAME})
  string(APPEND CPACK_DEBIAN_PACKAGE_RECOMMENDS ", ${package}")
endif()
include(CPack)

# drcon_install_sdk_package(LIBDIR COMPONENT [EXCLUDE_FROM_ALL])
#   Installs what finds the SDK, its CMake package and its .pc file, below LIBDIR as part of COMPONENT. Both hold the way
#   from themselves to the prefix and the directory of plugins, so that each layout of packages has files of its own.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

function(drcon_install_sdk_package LIBDIR COMPONENT)
  set(CMAKE_INSTALL_LIBDIR ${LIBDIR})  # what the templates below read
  set(made ${PROJECT_BINARY_DIR}/sdk/${COMPONENT})
  set(package ${LIBDIR}/cmake/drcon-sdk)
  set(part COMPONENT ${COMPONENT} ${ARGN})
  install(EXPORT drcon-sdk NAMESPACE drcon:: FILE drcon-sdk-targets.cmake DESTINATION ${package} ${part})
  configure_package_config_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/drcon-sdk-config.cmake.in ${made}/drcon-sdk-config.cmake
                                INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_BINDIR
                                NO_CHECK_REQUIRED_COMPONENTS_MACRO)
  write_basic_package_version_file(${made}/drcon-sdk-config-version.cmake VERSION ${DRCON_ABI}
                                   COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
  install(FILES ${made}/drcon-sdk-config.cmake ${made}/drcon-sdk-config-version.cmake
                ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/drcon-plugin.cmake ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map
          DESTINATION ${package} ${part})

  # The way from the .pc file up to the prefix, so that an installation may be moved.
  file(RELATIVE_PATH DRCON_PC_TO_PREFIX /${LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" DRCON_PC_TO_PREFIX ${DRCON_PC_TO_PREFIX})
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/drcon-sdk.pc.in ${made}/drcon-sdk.pc @ONLY)
  install(FILES ${made}/drcon-sdk.pc DESTINATION ${LIBDIR}/pkgconfig ${part})
endfunction()

# Run by cpack between the installation of each component and the making of an rpm of it: removes what is Debian's alone,
# and what lies elsewhere in an rpm, and installs the latter where an rpm has it. See package.cmake.
function(drcon_lay_out COMPONENT MOVED)
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${COMPONENT})
  set(prefix ${root}${CPACK_PACKAGING_INSTALL_PREFIX})
  if(NOT IS_DIRECTORY ${prefix})
    message(FATAL_ERROR "cpack has not installed the component ${COMPONENT} to ${prefix}")
  endif()
  foreach(each share/lintian ${ARGN})
    file(REMOVE_RECURSE ${prefix}/${each})
  endforeach()
  # Directories that are empty now would become part of the package. Those that are meant to be empty are in /etc.
  execute_process(COMMAND find ${prefix} -type d -empty -delete COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CPACK_DRCON_CMAKE} -E env DESTDIR=${root} ${CPACK_DRCON_CMAKE} --install ${CPACK_DRCON_BUILD}
                          --prefix ${CPACK_PACKAGING_INSTALL_PREFIX} --component ${MOVED} --strip
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

drcon_lay_out(drcon drcon-rpm bin/drcon ${CPACK_DRCON_LIBDIR}/drcon share/zsh)
drcon_lay_out(drcon-dev drcon-devel-rpm ${CPACK_DRCON_LIBDIR}/cmake ${CPACK_DRCON_LIBDIR}/pkgconfig)

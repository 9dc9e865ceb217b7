# The rpms: drcon, drcon-devel and drcon-debuginfo, from the objects that the build tree has already.
#
# Distributions with rpm have libraries in lib64 instead of Debian's lib/TRIPLET, and not all of them have prometheus-cpp.
# So the program is linked a second time, with other facts and a path to a library of its own; nothing else is compiled.
# What lies elsewhere than in a deb is installed by the components drcon-rpm and drcon-devel-rpm, which take part in no
# other installation; layout.cmake puts it in the place of what the components drcon and drcon-dev installed.
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_MAIN_COMPONENT drcon)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_GROUP System/Daemons)
set(CPACK_RPM_DRCON_PACKAGE_SUMMARY "Dynamic reconfiguration of load balancers")
set(CPACK_RPM_DRCON_PACKAGE_PROVIDES "${abi} = ${DRCON_ABI}")
# By path: the package that has them is shadow-utils here and shadow there.
set(CPACK_RPM_DRCON_PACKAGE_REQUIRES_PRE "/usr/sbin/useradd, /usr/sbin/groupadd, /usr/bin/getent")
foreach(script pre post preun postun)
  string(TOUPPER ${script} name)
  string(REGEX REPLACE "^(PRE|POST)$" "\\1_INSTALL" name ${name})
  string(REGEX REPLACE "^(PRE|POST)UN$" "\\1_UNINSTALL" name ${name})
  set(CPACK_RPM_DRCON_${name}_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/${script})
endforeach()
set(CPACK_RPM_DRCON_USER_FILELIST "%config(noreplace) /etc/drcon/drcon.toml" "%config(noreplace) /etc/drcon/pipelines.d/README")
set(CPACK_RPM_DRCON-DEV_PACKAGE_NAME drcon-devel)
set(CPACK_RPM_DRCON-DEV_PACKAGE_SUMMARY "Plugin SDK of drcon")
set(CPACK_RPM_DRCON-DEV_PACKAGE_REQUIRES ${abi})
set(CPACK_RPM_DRCON-DEV_PACKAGE_GROUP Development/Libraries)
set(CPACK_COMPONENT_DRCON-DEBUGINFO_DESCRIPTION "symbols of drcon
Symbols of drcon and of the plugins that come with it, for debuggers.")
set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_NAME drcon-debuginfo)
set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_SUMMARY "Symbols of drcon")
set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_GROUP Development/Debug)
# Directories that belong to others.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /usr/lib/debug /usr/lib/debug/.build-id /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d
    /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man7 /usr/lib64/cmake /usr/lib64/pkgconfig)
# rpm would strip the symbols of drcon-debuginfo too, hence __strip: cpack strips what is installed (see cpack.cmake). What
# cpack offers for the symbols of an rpm asks for sources below a path that is longer than theirs once installed.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define __requires_exclude ^libprometheus-cpp-core\\\\.so.*$
%define __provides_exclude_from ^/usr/lib64/drcon/.*$
%define _build_id_links none
%define __strip /bin/true
%define packager ${CPACK_PACKAGE_CONTACT}")
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/packaging/rpm/cpack.cmake)
# For layout.cmake, which knows no more of this build tree.
set(CPACK_DRCON_CMAKE ${CMAKE_COMMAND})
set(CPACK_DRCON_BUILD ${CMAKE_BINARY_DIR})
set(CPACK_DRCON_LIBDIR ${CMAKE_INSTALL_LIBDIR})

# ---- the program, linked a second time ----

# The facts come as an object, and so the linker never asks the library for its own: which one counts is no question of
# order. It is built with everything else: were it left to cpack, sources that somebody edits while packages are made
# would be compiled into them.
function(drcon_program_for_rpm LIBDIR)
  set(DRCON_PLUGIN_DIR ${LIBDIR}/drcon/plugins)
  configure_file(core/base/build_facts.cpp.in ${CMAKE_BINARY_DIR}/rpm/build_facts.cpp @ONLY)
  add_executable(drcon_rpm $<TARGET_OBJECTS:drcon> ${CMAKE_BINARY_DIR}/rpm/build_facts.cpp)
  target_include_directories(drcon_rpm PRIVATE core)
  target_link_libraries(drcon_rpm PRIVATE $<TARGET_PROPERTY:drcon,LINK_LIBRARIES>)
  set_target_properties(drcon_rpm PROPERTIES OUTPUT_NAME drcon RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/rpm
                        INSTALL_RPATH "\$ORIGIN/../${LIBDIR}/drcon" BUILD_WITH_INSTALL_RPATH ON)
  if(DRCON_SANITIZE)  # nobody packages that
    set_target_properties(drcon_rpm PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()
drcon_program_for_rpm(lib64)

# ---- what lies elsewhere than in a deb ----

get_property(plugins GLOBAL PROPERTY DRCON_BUNDLED_PLUGINS)
set(for_drcon COMPONENT drcon-rpm EXCLUDE_FROM_ALL)
install(TARGETS drcon_rpm DESTINATION ${CMAKE_INSTALL_BINDIR} ${for_drcon})
install(TARGETS ${plugins} LIBRARY DESTINATION lib64/drcon/plugins ${for_drcon})
install(IMPORTED_RUNTIME_ARTIFACTS prometheus-cpp::core DESTINATION lib64/drcon ${for_drcon})
install(FILES packaging/completions/_drcon DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions ${for_drcon})
drcon_install_sdk_package(lib64 drcon-devel-rpm EXCLUDE_FROM_ALL)

# ---- the symbols ----

set(programs $<TARGET_FILE:drcon_rpm>)
get_property(tools GLOBAL PROPERTY DRCON_TOOLS)
foreach(each IN LISTS plugins tools)
  list(APPEND programs $<TARGET_FILE:${each}>)
endforeach()
find_program(DRCON_READELF readelf REQUIRED)
install(CODE "set(programs \"${programs}\")\nset(readelf ${DRCON_READELF})\nset(objcopy ${CMAKE_OBJCOPY})"
        COMPONENT drcon-debuginfo EXCLUDE_FROM_ALL)
install(SCRIPT packaging/split_symbols.cmake COMPONENT drcon-debuginfo EXCLUDE_FROM_ALL)

# cpack makes the packages drcon and drcon-dev (drcon-devel): as deb, and, from a build tree that is configured for it
# (preset rpm), as rpm. Native recipes, as a distribution has them, are in debian/ and rpm/.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL drcon drcon-dev)
set(CPACK_PACKAGE_CONTACT "drcon maintainers <maintainers@drcon.example>")
set(CPACK_PACKAGE_NAME drcon)
set(CPACK_PACKAGE_VERSION ${DRCON_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own: the first line
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENT_DRCON_DESCRIPTION "dynamic reconfiguration of load balancers
${PROJECT_DESCRIPTION}:
Consul, Docker or a file to nginx, HAProxy or any template.")
set(CPACK_COMPONENT_DRCON-DEV_DESCRIPTION "dynamic reconfiguration of load balancers (plugin SDK)
Headers, CMake package, pkg-config file and templates, for sources and sinks
of your own.")
# What a plugin depends on: a program that loads its ABI, whatever its version.
set(abi drcon-abi-${DRCON_ABI_MAJOR})

# ---- what every package has ----

set(doc ${CMAKE_BINARY_DIR}/doc)
find_program(DRCON_GZIP gzip REQUIRED)
execute_process(COMMAND ${CMAKE_COMMAND} -E make_directory ${doc})
execute_process(COMMAND ${DRCON_GZIP} -9nc ${PROJECT_SOURCE_DIR}/packaging/debian/changelog OUTPUT_FILE ${doc}/changelog.gz)
foreach(component drcon drcon-dev)
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${component})
  install(FILES packaging/debian/copyright ${doc}/changelog.gz DESTINATION ${folder} COMPONENT ${component})
endforeach()
foreach(component drcon drcon-dev)
  install(FILES packaging/debian/${component}.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
          RENAME ${component} COMPONENT ${component})
endforeach()

# ---- deb ----

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DRCON_PACKAGE_NAME drcon)
set(CPACK_DEBIAN_DRCON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DRCON_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_DRCON_PACKAGE_SUGGESTS "nginx | haproxy, consul")
set(CPACK_DEBIAN_DRCON_PACKAGE_PROVIDES "${abi} (= ${DRCON_ABI})")
set(CPACK_DEBIAN_DRCON_DEBUGINFO_PACKAGE ON)
# The scripts are those of the native recipe; what debhelper would add there they do themselves.
foreach(script postinst prerm postrm)
  file(READ packaging/debian/drcon.${script} text)
  string(REPLACE "\n#DEBHELPER#\n" "" text "${text}")
  file(WRITE ${CMAKE_BINARY_DIR}/debian/${script} "${text}")
  file(CHMOD ${CMAKE_BINARY_DIR}/debian/${script} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
       GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  list(APPEND control ${CMAKE_BINARY_DIR}/debian/${script})
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/debian/conffiles "/etc/drcon/drcon.toml\n/etc/drcon/pipelines.d/README\n")
set(CPACK_DEBIAN_DRCON_PACKAGE_CONTROL_EXTRA ${control} ${CMAKE_BINARY_DIR}/debian/conffiles)

set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_NAME drcon-dev)
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_DEPENDS ${abi})
# The headers but for three need nothing: asio.hpp needs Boost, toml.hpp toml++, testing.hpp nlohmann-json.
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_SUGGESTS
    "cmake, libboost1.81-dev | libboost-dev (>= 1.81), libtomlplusplus-dev, nlohmann-json3-dev, libgtest-dev")

# ---- rpm ----

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
# Directories that belong to others.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /usr/lib/debug /usr/lib/debug/.build-id /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d
    /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man7 /usr/lib64/cmake /usr/lib64/pkgconfig)
# What is not found in every distribution comes along, in a directory of drcon's own (see DRCON_PRIVATE_LIBRARIES).
set(CPACK_RPM_SPEC_MORE_DEFINE "%define __requires_exclude ^libprometheus-cpp-core\\\\.so.*$
%define __provides_exclude_from ^/usr/lib64/drcon/.*$
%define _build_id_links none
%define __strip /bin/true
%define packager ${CPACK_PACKAGE_CONTACT}")
# cpack strips what is installed, and the symbols are taken from what was built; rpm would strip those too, hence __strip
# above. What cpack offers for the symbols of an rpm asks for sources below a path longer than theirs once installed.
if(DRCON_PRIVATE_LIBRARIES)
  set(CPACK_STRIP_FILES ON)
  list(APPEND CPACK_COMPONENTS_ALL drcon-debuginfo)
  set(CPACK_COMPONENT_DRCON-DEBUGINFO_DESCRIPTION "symbols of drcon
Symbols of drcon and of the plugins that come with it, for debuggers.")
  set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_NAME drcon-debuginfo)
  set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_SUMMARY "Symbols of drcon")
  set(CPACK_RPM_DRCON-DEBUGINFO_PACKAGE_GROUP Development/Debug)
  get_property(plugins GLOBAL PROPERTY DRCON_BUNDLED_PLUGINS)
  set(programs $<TARGET_FILE:drcon>)
  foreach(plugin IN LISTS plugins)
    list(APPEND programs $<TARGET_FILE:${plugin}>)
  endforeach()
  find_program(DRCON_READELF readelf REQUIRED)
  install(CODE "set(programs \"${programs}\")\nset(readelf ${DRCON_READELF})\nset(objcopy ${CMAKE_OBJCOPY})"
          COMPONENT drcon-debuginfo EXCLUDE_FROM_ALL)
  install(SCRIPT packaging/split_symbols.cmake COMPONENT drcon-debuginfo EXCLUDE_FROM_ALL)
endif()
include(CPack)

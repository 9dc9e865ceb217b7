# cpack makes the packages drcon and drcon-dev (drcon-devel) from any build tree, as deb and as rpm: the same objects,
# installed into the layout that each needs. Native recipes, as a distribution has them, are in debian/ and rpm/.
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
# What a plugin depends on: a program that loads its ABI, whatever the program's version.
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
set(CPACK_DEBIAN_DRCON_PACKAGE_SUGGESTS "nginx | haproxy, consul, libnginx-mod-http-lua, lua-resty-core")
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
    "cmake, libboost-dev (>= 1.81) | libboost1.81-dev, libtomlplusplus-dev, nlohmann-json3-dev, libgtest-dev")

include(packaging/rpm/package.cmake)
include(CPack)

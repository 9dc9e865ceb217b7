# cpack makes two packages: drcon, and drcon-dev with what authors of plugins need.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL drcon drcon-dev)
set(CPACK_PACKAGE_CONTACT "drcon maintainers <maintainers@drcon.example>")
set(CPACK_PACKAGE_NAME drcon)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own: the first line
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DRCON_PACKAGE_NAME drcon)
set(CPACK_COMPONENT_DRCON_DESCRIPTION "dynamic reconfiguration of load balancers
${PROJECT_DESCRIPTION}: Consul, Docker or a file to nginx, HAProxy or any template.")
set(CPACK_DEBIAN_DRCON_PACKAGE_SHLIBDEPS ON)
# What a plugin depends on: a program that loads its ABI, whatever its version.
set(CPACK_DEBIAN_DRCON_PACKAGE_PROVIDES "drcon-abi-${DRCON_ABI_MAJOR} (= ${DRCON_ABI})")

set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_NAME drcon-dev)
set(CPACK_COMPONENT_DRCON-DEV_DESCRIPTION "dynamic reconfiguration of load balancers (plugin SDK)
Headers, CMake package, pkg-config file and templates for sources and sinks of your own.")
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_DEPENDS drcon-abi-${DRCON_ABI_MAJOR})
# The headers but for three need nothing: asio.hpp needs Boost, toml.hpp toml++, testing.hpp nlohmann-json.
set(CPACK_DEBIAN_DRCON-DEV_PACKAGE_SUGGESTS
    "cmake, libboost1.81-dev | libboost-dev (>= 1.81), libtomlplusplus-dev, nlohmann-json3-dev, libgtest-dev")
include(CPack)

# Read by cpack itself, once for each kind of package that it makes: what is different when that is an rpm.
if(CPACK_GENERATOR STREQUAL "RPM")
  # The symbols are taken from what was built and are a package of their own; what is installed has none.
  set(CPACK_STRIP_FILES ON)
  list(APPEND CPACK_COMPONENTS_ALL drcon-debuginfo)
  set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/layout.cmake)
endif()

# drcon_add_plugin(NAME SOURCES file... [LIBRARIES target...])
#   A plugin library NAME.so: everything hidden but its entry object, no symbol left open, installed where drcon looks
#   (below the same prefix). Where DRCON_PLUGIN_INSTALL is OFF it is not installed, as befits one that is there for tests.
# drcon_test_plugin(NAME [OPTIONS file.toml])
#   A ctest that runs the conformance kit, `drcon plugin test`, on it. The file holds the plugin's options, as a user
#   writes them under [source.NAME] or [sink.NAME]; a plugin whose options all have defaults needs none. Relative paths
#   in it are relative to the file, as in a configuration.
include_guard(GLOBAL)

function(drcon_add_plugin NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${NAME} MODULE ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE drcon::sdk ${ARG_LIBRARIES})
  set_target_properties(${NAME} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON VISIBILITY_INLINES_HIDDEN ON
                        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
  # The C++ headers want C++20; the C header is happy with anything.
  if(NOT CMAKE_CXX_STANDARD)
    set_target_properties(${NAME} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  endif()
  # An Asio or JSON symbol that leaked would be bound across libraries that were built with other versions of them.
  target_link_options(${NAME} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  # An undefined symbol fails here, not in a user's dlopen; sanitizers leave theirs to the program.
  if(NOT DRCON_SANITIZE)
    target_link_options(${NAME} PRIVATE -Wl,-z,defs)
  endif()
  if(NOT DEFINED DRCON_PLUGIN_INSTALL OR DRCON_PLUGIN_INSTALL)
    install(TARGETS ${NAME} LIBRARY DESTINATION ${DRCON_PLUGIN_DIR})
  endif()
endfunction()

function(drcon_test_plugin NAME)
  cmake_parse_arguments(ARG "" "OPTIONS" "" ${ARGN})
  if(TARGET drcon)
    set(program $<TARGET_FILE:drcon>)
  else()
    if(NOT DRCON_PROGRAM)
      message(FATAL_ERROR "drcon_test_plugin(${NAME}) runs drcon, which is not installed: set DRCON_PROGRAM to its path")
    endif()
    set(program ${DRCON_PROGRAM})
  endif()
  set(options)
  if(ARG_OPTIONS)
    cmake_path(ABSOLUTE_PATH ARG_OPTIONS OUTPUT_VARIABLE file)
    set(options --options ${file})
  endif()
  add_test(NAME ${NAME}.conformance COMMAND ${program} plugin test $<TARGET_FILE:${NAME}> ${options})
endfunction()

# What keeps a build short: precompiled headers that libraries share, less optimisation where it buys nothing, and a fast
# linker. What it costs is measured by tests/bench/build_cost.

# The preset "release" has -O1. -O2 takes the compiler a third longer, and changes no figure of tests/bench by more than two
# runs differ, but for those below.
#   DRCON_HOT          the languages of templates, a tenth quicker with it, and JSON
#   DRCON_UNOPTIMISED  tests
# A sanitized build keeps the flags of its preset.
set(DRCON_HOT)
set(DRCON_UNOPTIMISED)
if(NOT DRCON_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  set(DRCON_HOT -O2)
  set(DRCON_UNOPTIMISED -O0 -g0 -U_FORTIFY_SOURCE)  # which needs optimisation
endif()

# drcon_precompiled(NAME HEADERS header... LIBRARIES target...)
#   Precompiled headers for position-independent objects: used by target_precompile_headers(... REUSE_FROM NAME) of
#   targets that are compiled with the same flags. GCC ignores, with a warning, one whose flags differ.
function(drcon_precompiled NAME)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "// Compiles the precompiled headers of ${NAME}.\n")
  add_library(${NAME} OBJECT ${empty})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES})
  target_precompile_headers(${NAME} PRIVATE ${ARG_HEADERS})
endfunction()

# Headers and templates that each object would read and instantiate for itself are most of what a small source file costs:
# several files of a target are compiled as one object. A file that is edited takes those beside it along. Off in the
# presets debug, asan and tsan: there each file is compiled by itself, so that an include that is missing is found.
option(DRCON_UNITY "Compile several source files of a target as one object" ON)
if(DRCON_UNITY)
  # GCC warns of a type that uses an anonymous namespace unless it stands in the file that is compiled: here, none does.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
  # A program takes of an object what it uses, not all that was compiled with it.
  add_compile_options(-ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

# The header of core that most of its files are compiled again for, and others that include it. Files that include one of
# them come together, so that a change of it takes no others along.
set(DRCON_CENTRAL_HEADER "(model/snapshot|engine/engine|report/verdict|engine_fixture)\\.hpp")

# Gives each file of the list, in order, its object: the next object begins where this one would be too large.
function(drcon_give_objects TARGET PREFIX KILOBYTES)
  math(EXPR limit "${KILOBYTES} * 1024")
  set(number 0)
  set(sum 0)
  foreach(each IN LISTS ARGN)
    file(SIZE ${each} size)
    math(EXPR sum "${sum} + ${size}")
    if(sum GREATER limit AND NOT sum EQUAL size)
      math(EXPR number "${number} + 1")
      set(sum ${size})
    endif()
    set_property(SOURCE ${each} TARGET_DIRECTORY ${TARGET} PROPERTY UNITY_GROUP ${PREFIX}${number})
  endforeach()
endfunction()

# drcon_together(TARGET KILOBYTES)
#   KILOBYTES: how much source makes one object, as much as is compiled in some 15 seconds. Neighbours in the list of
#   sources come together.
function(drcon_together TARGET KILOBYTES)
  if(NOT DRCON_UNITY)
    return()
  endif()
  get_target_property(sources ${TARGET} SOURCES)
  get_target_property(directory ${TARGET} SOURCE_DIR)
  set(central)
  set(others)
  foreach(each IN LISTS sources)
    cmake_path(ABSOLUTE_PATH each BASE_DIRECTORY ${directory} OUTPUT_VARIABLE path)
    get_source_file_property(alone ${path} SKIP_UNITY_BUILD_INCLUSION)
    get_source_file_property(generated ${path} GENERATED)
    if(alone OR generated OR NOT path MATCHES "\\.cpp$")
      continue()
    endif()
    file(STRINGS ${path} found LIMIT_COUNT 1 REGEX "^#include \"${DRCON_CENTRAL_HEADER}\"")
    if(found)
      list(APPEND central ${path})
    else()
      list(APPEND others ${path})
    endif()
  endforeach()
  drcon_give_objects(${TARGET} central_ ${KILOBYTES} ${central})
  drcon_give_objects(${TARGET} "" ${KILOBYTES} ${others})
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# The compiler collects its garbage each time that its memory has doubled, from 128 MB on. With more to begin with it does
# so half as often: a tenth of the time of a large object, for 100 MB. Two at a time fit into 4 GB.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:--param ggc-min-heapsize=524288>")
endif()

# mold links a test program of this project in a tenth of the time of GNU ld.
find_program(DRCON_MOLD mold)
option(DRCON_FAST_LINKER "Link with mold where it is installed" ON)
if(DRCON_MOLD AND DRCON_FAST_LINKER)
  add_link_options(-fuse-ld=mold)
endif()

# Flags and output folders that every target of the project shares; a parent project keeps its own.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
# One kind of code for libraries and programs alike, so that they share objects and precompiled headers.
add_compile_options(-fPIC)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  # -O3 is asked for where it gains (src/CMakeLists.txt, plugins/CMakeLists.txt).
  if(NOT DEFINED CACHE{OLDFILM_OPTIMIZATION_SET})
    set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "Flags of a Release build" FORCE)
    set(OLDFILM_OPTIMIZATION_SET TRUE CACHE INTERNAL "")
  endif()
  find_program(OLDFILM_CCACHE ccache)
  if(OLDFILM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # What ccache must overlook before it keeps what was compiled with precompiled headers.
    set(launcher ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${OLDFILM_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  endif()
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

# Warnings are errors in our own code only, and not with a GCC after the house's 12: each sees dangers of its own, such as
# overrun strings and dangling references, where there are none.
add_library(oldfilm_warnings INTERFACE)
set(newer_gcc $<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>)
# Sources that are compiled together (CMAKE_UNITY_BUILD) see each other's names, which is no danger.
set(together $<BOOL:${CMAKE_UNITY_BUILD}>)
# GCC 12 takes some joined strings for overlapping copies (its bug 105651), so -Wrestrict is off there.
target_compile_options(oldfilm_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow $<$<NOT:${newer_gcc}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<${newer_gcc}:-Wno-dangling-reference>
  $<${together}:-Wno-shadow> $<$<AND:${together},$<COMPILE_LANG_AND_ID:CXX,GNU>>:-Wno-subobject-linkage>)

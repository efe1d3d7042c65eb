#!/bin/sh
# oldfilm below another project: it brings its libraries, no tests, no examples, and installs nothing.
. "$(dirname "$0")/common.sh"
rm -rf "$work/parent"
mkdir -p "$work/parent"
cat > "$work/parent/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.22)
project(parent VERSION 7 LANGUAGES CXX)
enable_testing()
add_subdirectory("$source" oldfilm)
add_executable(parent main.cpp)
target_link_libraries(parent PRIVATE oldfilm::base)
foreach(target core media sdk)
  if(NOT TARGET oldfilm::\${target})
    message(FATAL_ERROR "no oldfilm::\${target}")
  endif()
endforeach()
foreach(target oldfilm_cli base_test age-film)
  if(TARGET \${target})
    message(FATAL_ERROR "\${target} came along")
  endif()
endforeach()
if(DEFINED CMAKE_CXX_VISIBILITY_PRESET OR DEFINED CMAKE_RUNTIME_OUTPUT_DIRECTORY OR CMAKE_BUILD_TYPE)
  message(FATAL_ERROR "oldfilm changed its parent's settings")
endif()
install(TARGETS parent)
TEXT
cat > "$work/parent/main.cpp" <<'TEXT'
#include <oldfilm/plugins.hpp>
int main() { return oldfilm::version()[0] == '0' ? 0 : 1; }
TEXT
quiet cmake -S "$work/parent" -B "$work/parent/build" -DOLDFILM_TORCH="$torch"
quiet cmake --build "$work/parent/build" --target parent
"$work/parent/build/parent" || fail "the parent's program does not run"
ctest --test-dir "$work/parent/build" -N | grep -q 'Total Tests: 0' || fail "oldfilm's tests came along"
quiet cmake --install "$work/parent/build" --prefix "$work/parent/installed"
[ "$(find "$work/parent/installed" -type f)" = "$work/parent/installed/bin/parent" ] || fail "oldfilm installs itself with its parent"

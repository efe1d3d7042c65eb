# Most of a compilation is other people's headers, which are precompiled here, in four sets of which a target takes one:
#
#   plain   the C++ library, fmt, nlohmann/json
#   torch   the same and LibTorch's tensors
#   graph   the same, all of ATen's functions and TorchScript's graphs
#   test    torch's and Catch2; tests/CMakeLists.txt makes it
#
# oldfilm_precompiled(target set)
#
# A tool that reads compile_commands.json and isn't GCC wants -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON.
set(oldfilm_common_headers algorithm array atomic chrono cmath condition_variable cstdint cstdio cstdlib
  cstring deque exception filesystem fstream functional iterator limits map memory mutex numeric optional
  set span sstream stdexcept string string_view thread unordered_map utility variant vector
  fmt/format.h fmt/ranges.h nlohmann/json.hpp)

# oldfilm_header_set(name HEADERS header... [LINK target...])
function(oldfilm_header_set name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  # With the warnings of those who take it, since -Wpedantic changes what is predefined.
  set(source ${CMAKE_CURRENT_BINARY_DIR}/headers_${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// A set of precompiled headers needs a source.\n")
  add_library(oldfilm_headers_${name} OBJECT ${source})
  target_compile_features(oldfilm_headers_${name} PRIVATE cxx_std_20)
  target_link_libraries(oldfilm_headers_${name} PRIVATE oldfilm_warnings oldfilm_fmt nlohmann_json::nlohmann_json ${ARG_LINK})
  list(TRANSFORM ARG_HEADERS REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:<\\1$<ANGLE-R>>")
  target_precompile_headers(oldfilm_headers_${name} PRIVATE ${ARG_HEADERS})
endfunction()
oldfilm_header_set(plain HEADERS ${oldfilm_common_headers})
oldfilm_header_set(torch HEADERS ${oldfilm_common_headers} ATen/core/Tensor.h LINK oldfilm_torch::torch_cpu oldfilm_torch::c10)
oldfilm_header_set(graph HEADERS ${oldfilm_common_headers} ATen/ATen.h torch/csrc/jit/ir/ir.h
  LINK oldfilm_torch::torch_cpu oldfilm_torch::c10)

function(oldfilm_precompiled target name)
  target_precompile_headers(${target} REUSE_FROM oldfilm_headers_${name})
  # What was defined when the headers were compiled has to be defined where they are used, fmt or not.
  target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
endfunction()

# The plugin ABI cannot change unnoticed: the layout is asserted when this is compiled, as C and as C++.
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/abi_layout.cpp
  CONTENT "#include \"${CMAKE_CURRENT_SOURCE_DIR}/abi_layout.c\"\n")
add_library(oldfilm_abi_test OBJECT abi_layout.c ${CMAKE_CURRENT_BINARY_DIR}/abi_layout.cpp)
target_link_libraries(oldfilm_abi_test PRIVATE oldfilm::sdk oldfilm_warnings)

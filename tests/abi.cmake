# The plugin ABI cannot change unnoticed: the layout is asserted when this is compiled, as C and as C++.
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/abi_layout.cpp
  CONTENT "#include \"${CMAKE_CURRENT_SOURCE_DIR}/abi_layout.c\"\n")
add_library(oldfilm_abi_test OBJECT abi_layout.c ${CMAKE_CURRENT_BINARY_DIR}/abi_layout.cpp)
target_link_libraries(oldfilm_abi_test PRIVATE oldfilm::sdk oldfilm_warnings)

# A plugin that needs a newer minor version than these headers declare is refused when it is compiled.
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/too_new.c CONTENT "#include <oldfilm/plugin.h>\n")
add_test(NAME abi_too_new COMMAND ${CMAKE_C_COMPILER} -std=c11 -fsyntax-only -DOLDFILM_PLUGIN_MINOR=99
  -I${PROJECT_SOURCE_DIR}/include ${CMAKE_CURRENT_BINARY_DIR}/too_new.c)
set_tests_properties(abi_too_new PROPERTIES LABELS fast PASS_REGULAR_EXPRESSION "OLDFILM_PLUGIN_MINOR is newer")

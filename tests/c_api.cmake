# The plain C API, from C++ for Catch2's sake; examples/10-c-api is C.
if(NOT TARGET oldfilm_c)
  return()
endif()
oldfilm_test(c_api_test SOURCES c/c_api_test.cpp LIBS oldfilm::c LABELS fast)

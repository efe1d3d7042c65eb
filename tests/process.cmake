oldfilm_test(process_test SOURCES base/process_test.cpp LIBS oldfilm_base)

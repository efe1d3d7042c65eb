oldfilm_test(process_test SOURCES process_test.cpp LIBS oldfilm_base)

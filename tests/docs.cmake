# The pages say what the programs say and show the tree as it is, and build as a site without a warning and without a
# broken link.
if(TARGET oldfilm_cli AND OLDFILM_OPENCV_STAGES)
  add_test(NAME docs_outputs COMMAND ${PROJECT_SOURCE_DIR}/docs/outputs.sh ${PROJECT_BINARY_DIR} --check)
endif()
add_test(NAME docs_architecture COMMAND ${PROJECT_SOURCE_DIR}/docs/architecture.py --check)
add_test(NAME docs_words COMMAND ${PROJECT_SOURCE_DIR}/tests/docs/words.sh ${PROJECT_SOURCE_DIR})
find_program(OLDFILM_DOXYGEN doxygen)
if(OLDFILM_DOXYGEN)
  add_test(NAME docs_site COMMAND ${PROJECT_SOURCE_DIR}/docs/site.sh ${PROJECT_BINARY_DIR})
endif()

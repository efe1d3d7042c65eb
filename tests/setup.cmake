# setup.sh asks before it installs Debian packages.
add_test(NAME setup_asking COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/setup/asking_test.sh ${PROJECT_SOURCE_DIR}
  ${PROJECT_BINARY_DIR}/tests/setup)
set_tests_properties(setup_asking PROPERTIES LABELS install)
add_test(NAME setup_dockerfile COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/setup/dockerfile_test.sh ${PROJECT_SOURCE_DIR})

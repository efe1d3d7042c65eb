# The installed package as strangers meet it: installed once, moved, and stood upon.
if(NOT TARGET oldfilm_cli OR NOT OLDFILM_OPENCV_STAGES OR NOT oldfilm_is_installed)
  return()
endif()
set(install_work ${PROJECT_BINARY_DIR}/tests/install)
add_test(NAME install COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/setup.sh ${PROJECT_BINARY_DIR} ${install_work})
set_tests_properties(install PROPERTIES FIXTURES_SETUP installed LABELS install)
foreach(name layout new_stage plugin_kinds package lessons subproject docs)
  add_test(NAME install_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/${name}_test.sh
    ${PROJECT_SOURCE_DIR} ${install_work} ${PROJECT_BINARY_DIR} ${OLDFILM_TORCH_ROOT})
  set_tests_properties(install_${name} PROPERTIES FIXTURES_REQUIRED installed LABELS install)
endforeach()

# The Python package, from the build tree. Needs a PyTorch that can be imported; the tests say so where there is none.
if(NOT TARGET oldfilm_python)
  return()
endif()
set(run_python ${CMAKE_CURRENT_SOURCE_DIR}/bindings/run.sh ${PROJECT_BINARY_DIR} ${OLDFILM_TORCH_ROOT}
  ${Python_EXECUTABLE})
foreach(part frames pipeline restore)
  add_test(NAME python_${part} COMMAND ${run_python} ${CMAKE_CURRENT_SOURCE_DIR}/bindings/${part}_test.py)
  list(APPEND python_tests python_${part})
endforeach()
set(python_pages ${PROJECT_SOURCE_DIR}/docs/python.md ${PROJECT_SOURCE_DIR}/docs/python-tour.ipynb)
add_test(NAME python_docs COMMAND ${run_python} ${CMAKE_CURRENT_SOURCE_DIR}/bindings/docs_test.py
  ${python_pages})
add_test(NAME python_types COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/bindings/docs_test.py
  ${python_pages} --mypy ${PROJECT_BINARY_DIR}/tests/mypy)
cmake_path(GET OLDFILM_TORCH_ROOT PARENT_PATH torch_packages)
set_tests_properties(python_types PROPERTIES ENVIRONMENT "PYTHONPATH=${PROJECT_BINARY_DIR}/python:${torch_packages}")
list(APPEND python_tests python_docs python_types)
if(DEFINED ENV{OLDFILM_TEST_ALL}) # ./setup.sh test --all
  add_test(NAME python_wheel COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bindings/wheel_test.sh ${PROJECT_SOURCE_DIR}
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/wheel ${OLDFILM_TORCH_ROOT} ${Python_EXECUTABLE})
  set_tests_properties(python_wheel PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS python)
endif()
set_tests_properties(${python_tests} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 LABELS python)

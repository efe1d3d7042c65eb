# A film that many workers restore through a folder.
if(OLDFILM_MEDIA)
  oldfilm_test(cluster_classes_test SOURCES cluster/classes_test.cpp
    LIBS oldfilm::media LABELS media)
  oldfilm_hidden(cluster_classes_test oldfilm_media)
endif()
if(TARGET oldfilm_cli AND OLDFILM_OPENCV_STAGES)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
  set(cluster_tests ${CMAKE_CURRENT_SOURCE_DIR}/cluster)
  add_test(NAME cluster COMMAND ${Python3_EXECUTABLE} ${cluster_tests}/cluster_test.py
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/cluster)
  set_tests_properties(cluster PROPERTIES LABELS cli TIMEOUT 600)
  # Slurm itself, which the test starts and stops.
  add_test(NAME cluster_slurm COMMAND ${Python3_EXECUTABLE} ${cluster_tests}/slurm_test.py
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/cluster_slurm)
  set_tests_properties(cluster_slurm PROPERTIES LABELS cli TIMEOUT 600 SKIP_RETURN_CODE 77)
  # The same protocol for many films and workers, on paper.
  add_test(NAME cluster_simulation COMMAND ${Python3_EXECUTABLE} ${cluster_tests}/simulation.py
    --films 200 --frames 20000 --workers 40 --failures 0.1 --least 0.95)
  set_tests_properties(cluster_simulation PROPERTIES LABELS fast)
endif()

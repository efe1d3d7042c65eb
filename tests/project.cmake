# Projects and their ledger, in the library and on the command line.
if(TARGET oldfilm_cli AND OLDFILM_OPENCV_STAGES)
  oldfilm_test(project_test SOURCES project/document_test.cpp project/shots_test.cpp project/project_test.cpp
    project/ledger_test.cpp project/recorder_test.cpp project/incremental_test.cpp project/verification_test.cpp
    LIBS oldfilm::media LABELS media)
  oldfilm_hidden(project_test oldfilm_media)
  oldfilm_test(project_command_test SOURCES project/command_test.cpp LIBS oldfilm::media LABELS cli)
  foreach(stage deflicker scratch-removal colorize)
    add_dependencies(project_test oldfilm_stage_${stage})
    add_dependencies(project_command_test oldfilm_stage_${stage})
  endforeach()
  add_dependencies(project_command_test oldfilm_cli)
  # The ledger's cost: programs that measure, one a test.
  add_executable(ledger_speed project/ledger_speed.cpp)
  target_link_libraries(ledger_speed PRIVATE oldfilm_media oldfilm_warnings oldfilm_fmt)
  oldfilm_hidden(ledger_speed oldfilm_media)
  oldfilm_precompiled(ledger_speed torch)
  target_include_directories(ledger_speed PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(ledger_speed PRIVATE $<$<CONFIG:Release>:-O2>)
  add_test(NAME ledger_speed COMMAND ledger_speed ${PROJECT_BINARY_DIR}/tests/ledger_speed 100000 10)
  set_tests_properties(ledger_speed PROPERTIES LABELS bench)
  add_test(NAME project_schema COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/project/schema_test.py
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/project_schema)
  add_test(NAME ledger_kills COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/project/ledger_kills.py
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/ledger_kills 8)
  set_tests_properties(project_schema ledger_kills PROPERTIES LABELS cli)
endif()

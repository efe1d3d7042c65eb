# The command line as a user meets it.
if(TARGET oldfilm_cli)
  oldfilm_test(cli_test SOURCES cli/cli_test.cpp cli/plugin_errors_test.cpp LABELS cli)
  add_dependencies(cli_test oldfilm_cli oldfilm_stage_superres)
  foreach(kind good throws-in-create throws-in-process wrong-shape nan no-picture)
    add_dependencies(cli_test oldfilm_stage_test-${kind}) # core.cmake makes them
  endforeach()
  oldfilm_test(models_command_test SOURCES cli/models_command_test.cpp LABELS cli)
  add_dependencies(models_command_test oldfilm_cli oldfilm_stage_superres)
  if(OLDFILM_OPENCV_STAGES)
    oldfilm_test(job_test SOURCES job/interruption_test.cpp LABELS cli)
    oldfilm_test(cli_facts_test SOURCES cli/facts_test.cpp cli/keyframes_test.cpp LABELS cli)
    add_dependencies(cli_facts_test oldfilm_cli)
    foreach(stage deflicker stabilize scratch-removal denoise colorize superres face-enhance interpolate)
      add_dependencies(cli_test oldfilm_stage_${stage})
      add_dependencies(cli_facts_test oldfilm_stage_${stage})
      add_dependencies(job_test oldfilm_stage_${stage})
    endforeach()
    add_dependencies(job_test oldfilm_cli)
    oldfilm_test(memory_test SOURCES job/memory_test.cpp
      LIBS oldfilm_media_files oldfilm::media oldfilm_tiny_model LABELS media)
    add_dependencies(memory_test oldfilm_stage_superres oldfilm_cli)
    oldfilm_test(files_test SOURCES job/files_test.cpp
      LIBS oldfilm::media oldfilm_tiny_model LABELS cli)
    foreach(stage colorize deflicker interpolate superres)
      add_dependencies(files_test oldfilm_stage_${stage})
    endforeach()
    add_dependencies(files_test oldfilm_cli)
    oldfilm_test(job_shots_test SOURCES job/shots_test.cpp job/mask_in_test.cpp job/transcription_test.cpp LIBS oldfilm::media oldfilm::sdk LABELS cli)
    add_dependencies(job_shots_test oldfilm_stage_deflicker oldfilm_cli)
    oldfilm_test(job_safety_test SOURCES job/safety_test.cpp LIBS oldfilm::base LABELS cli)
    add_library(oldfilm_failing_files MODULE reliability/failing_files.c)
    set_target_properties(oldfilm_failing_files PROPERTIES OUTPUT_NAME failing-files PREFIX "" C_VISIBILITY_PRESET default
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
    add_dependencies(job_safety_test oldfilm_cli oldfilm_stage_deflicker oldfilm_failing_files)
    oldfilm_test(media_codecs_test SOURCES media/codecs_test.cpp media/start_test.cpp
      LIBS oldfilm_media_files oldfilm::media LABELS media)
    set_tests_properties(media_codecs_test PROPERTIES TIMEOUT 300)
    add_dependencies(media_codecs_test oldfilm_stage_deflicker)
    add_library(oldfilm_failing_allocator MODULE reliability/failing_allocator.c)
    set_target_properties(oldfilm_failing_allocator PROPERTIES OUTPUT_NAME failing-allocator PREFIX "" C_VISIBILITY_PRESET default
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
    add_test(NAME faults COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/reliability/faults.sh
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/faults 4)
    set_tests_properties(faults PROPERTIES LABELS cli)
    add_test(NAME corpus COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/corpus/check.sh
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/corpus)
    set_tests_properties(corpus PROPERTIES LABELS media FIXTURES_SETUP corpus)
    add_test(NAME damage COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/reliability/damage.sh
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/corpus ${PROJECT_BINARY_DIR}/tests/damage 30)
    set_tests_properties(damage PROPERTIES LABELS media FIXTURES_REQUIRED corpus)
    add_test(NAME scan COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/reliability/scan.sh
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/scan)
    set_tests_properties(scan PROPERTIES LABELS media)
    add_test(NAME kills COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/reliability/kills.sh
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/kills 2)
    set_tests_properties(kills PROPERTIES LABELS cli)
  endif()
endif()

# Programs that measure; one is a test.

# Prints how fast a package runs. `model_speed PACKAGE [HEIGHT WIDTH]`
add_executable(model_speed bench/model_speed.cpp)
target_link_libraries(model_speed PRIVATE oldfilm_core oldfilm_warnings oldfilm_fmt)

# The same on tensors from a folder, for bench/peers.py.
add_executable(run_tensors bench/run_tensors.cpp)
target_link_libraries(run_tensors PRIVATE oldfilm_core oldfilm_warnings oldfilm_fmt nlohmann_json::nlohmann_json)

# The benchmark's half that runs in one process; bench/bench.sh calls it.
if(OLDFILM_MEDIA)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(OLDFILM_BENCH_FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil)
  add_executable(oldfilm_bench bench/bench.cpp bench/ffmpeg_alone.cpp bench/inner_stages.cpp bench/recorder.cpp)
  target_link_libraries(oldfilm_bench PRIVATE oldfilm_media oldfilm_core oldfilm_sdk oldfilm_warnings
    PkgConfig::OLDFILM_BENCH_FFMPEG oldfilm_fmt nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS})
  set_target_properties(oldfilm_bench PROPERTIES OUTPUT_NAME bench)
endif()

# The host's own work on a frame, in instructions: 300,000 take 100 us at one a cycle and 3 GHz.
add_executable(scheduling bench/scheduling.cpp)
target_link_libraries(scheduling PRIVATE oldfilm_core oldfilm_sdk oldfilm_warnings oldfilm_fmt)
add_test(NAME scheduling COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bench/scheduling.sh ${PROJECT_BINARY_DIR} 300000)
set_tests_properties(scheduling PROPERTIES LABELS bench SKIP_RETURN_CODE 77)

foreach(program model_speed run_tensors oldfilm_bench scheduling)
  if(TARGET ${program})
    oldfilm_precompiled(${program} torch)
    target_compile_options(${program} PRIVATE $<$<CONFIG:Release>:-O2>)
  endif()
endforeach()

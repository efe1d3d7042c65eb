# The VapourSynth plugin, driven by the real core in a Python that has it. Without one, the tests say so and are skipped.
if(NOT TARGET oldfilm_cli OR NOT OLDFILM_OPENCV_STAGES)
  return()
endif()
set(python "")
if(TARGET oldfilm_vs)
  get_target_property(python oldfilm_vs PYTHON)
endif()
foreach(name equality seek functions package docs)
  add_test(NAME vapoursynth_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/vapoursynth/run.sh "${python}"
    ${CMAKE_CURRENT_SOURCE_DIR}/vapoursynth/${name}_test.py ${PROJECT_BINARY_DIR})
  set_tests_properties(vapoursynth_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS vapoursynth)
endforeach()

# Duplicates, pulldown and varying times, from file to file.
if(OLDFILM_MEDIA AND OLDFILM_OPENCV_STAGES)
  oldfilm_test(cadence_test SOURCES media/cadence_test.cpp LIBS oldfilm_media_files oldfilm::media LABELS media)
  foreach(stage deflicker stabilize denoise interpolate)
    add_dependencies(cadence_test oldfilm_stage_${stage})
  endforeach()
endif()

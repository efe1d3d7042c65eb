# Stages with models that are not their own.
if(OLDFILM_OPENCV_STAGES)
  oldfilm_test(other_models_test SOURCES model/other_models_test.cpp
    LIBS oldfilm::core oldfilm_tiny_model opencv_core opencv_imgproc opencv_imgcodecs LABELS stages)
  add_dependencies(other_models_test oldfilm_stage_scratch-removal oldfilm_stage_colorize oldfilm_stage_denoise
    oldfilm_stage_face-enhance)
endif()

# The stages that steady and clean a film, each driven through a pipeline.
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  oldfilm_test(stages_a_test SOURCES stages/deflicker_stabilize_test.cpp stages/cleaning_test.cpp
      stages/still_test.cpp stages/known_damage_test.cpp
    LIBS oldfilm::core opencv_core opencv_imgproc opencv_imgcodecs LABELS stages)
  add_dependencies(stages_a_test oldfilm_stage_deflicker oldfilm_stage_stabilize oldfilm_stage_scratch-removal
    oldfilm_stage_denoise)
  oldfilm_test(color_and_grain_test SOURCES stages/fade_correct_test.cpp stages/grain_test.cpp stages/tint_test.cpp stages/title_card_test.cpp
    LIBS oldfilm::core oldfilm_fmt opencv_core opencv_imgproc opencv_imgcodecs LABELS stages)
  add_dependencies(color_and_grain_test oldfilm_stage_fade-correct oldfilm_stage_grain oldfilm_stage_tint
    oldfilm_stage_title-card)
endif()

# The stages that make new pictures, each with its default model, as a program drives them.
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  oldfilm_test(stages_b_test SOURCES stages/superres_colorize_interpolate_test.cpp stages/keyframes_test.cpp
    stages/faces_test.cpp
    LIBS oldfilm::core opencv_core opencv_imgproc opencv_imgcodecs LABELS stages)
  add_dependencies(stages_b_test oldfilm_stage_superres oldfilm_stage_colorize oldfilm_stage_interpolate
    oldfilm_stage_face-enhance)
endif()

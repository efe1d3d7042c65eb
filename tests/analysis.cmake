# What a film is, by generated truth.
if(OLDFILM_MEDIA AND OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc)
  oldfilm_test(analysis_test SOURCES analysis/facts_test.cpp analysis/damage_test.cpp analysis/sample_test.cpp analysis/transitions_test.cpp
    analysis/generator.cpp
    LIBS oldfilm_media_files oldfilm::media opencv_core opencv_imgproc LABELS media)
endif()

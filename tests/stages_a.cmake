# The stages that steady and clean a film, each driven through a pipeline.
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  oldfilm_test(stages_a_test SOURCES stages_a_test.cpp cleaning_test.cpp
    LIBS oldfilm::core opencv_core opencv_imgproc opencv_imgcodecs LABELS stages)
  add_dependencies(stages_a_test oldfilm_stage_deflicker oldfilm_stage_stabilize oldfilm_stage_scratch-removal
    oldfilm_stage_denoise)
  # Films of Debian's opencv-doc, as they came from cameras.
  set(opencv_films /usr/share/doc/opencv-doc/examples/data)
  if(TARGET oldfilm_cli AND EXISTS ${opencv_films}/vtest.avi)
    add_test(NAME clean_film COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/quality/clean_film.sh ${PROJECT_BINARY_DIR} ${opencv_films}
      ${PROJECT_BINARY_DIR}/tests/clean-film vtest.avi Megamind.avi)
    set_tests_properties(clean_film PROPERTIES LABELS stages ENVIRONMENT MOST=0.05)
  endif()
endif()

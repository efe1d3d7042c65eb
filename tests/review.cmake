# The review of a project in the browser: the server by itself, and the page in Chromium, where that is installed.
if(TARGET oldfilm_cli_review AND OLDFILM_OPENCV_STAGES)
  foreach(name server browser)
    add_test(NAME review_${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/review/${name}_test.py
      ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/tests/review_${name})
    set_tests_properties(review_${name} PROPERTIES LABELS cli SKIP_RETURN_CODE 77)
  endforeach()
endif()

# Model packages, tiles and flow. oldfilm_tiny_model writes packages for whoever needs one.
add_library(oldfilm_tiny_model STATIC tiny_model.cpp)
target_link_libraries(oldfilm_tiny_model
  PUBLIC oldfilm_torch::torch_cpu oldfilm_torch::c10
  PRIVATE oldfilm_warnings nlohmann_json::nlohmann_json)
target_include_directories(oldfilm_tiny_model PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})

oldfilm_test(model_test SOURCES model_test.cpp LIBS oldfilm_core oldfilm_tiny_model)
oldfilm_test(package_test SOURCES package_test.cpp LIBS oldfilm_core oldfilm_tiny_model)
# Rooms' insides are hidden in the library; this one is compiled in.
oldfilm_test(tiling_test SOURCES tiling_test.cpp ${PROJECT_SOURCE_DIR}/src/model/tiling.cpp)
oldfilm_test(rows_test
  SOURCES rows_test.cpp ${PROJECT_SOURCE_DIR}/src/model/graph_facts.cpp ${PROJECT_SOURCE_DIR}/src/model/join_rows.cpp
    ${PROJECT_SOURCE_DIR}/src/model/row_compiler.cpp ${PROJECT_SOURCE_DIR}/src/model/row_kernels.cpp
    ${PROJECT_SOURCE_DIR}/src/model/row_nodes.cpp ${PROJECT_SOURCE_DIR}/src/model/row_operations.cpp
    ${PROJECT_SOURCE_DIR}/src/model/row_program.cpp
  LIBS oldfilm_torch::torch_cpu oldfilm_torch::c10)
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc video)
  oldfilm_test(flow_test SOURCES flow_test.cpp ${PROJECT_SOURCE_DIR}/src/stage/flow.cpp # hidden in the library
    LIBS oldfilm_core opencv_core opencv_imgproc opencv_video)
  target_compile_definitions(flow_test PRIVATE OLDFILM_WITH_OPENCV)
endif()
oldfilm_test(shipped_models_test SOURCES shipped_models_test.cpp LIBS oldfilm_core)

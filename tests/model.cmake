# Model packages, tiles and flow. oldfilm_tiny_model writes packages for whoever needs one.
add_library(oldfilm_tiny_model STATIC tiny_model.cpp)
target_link_libraries(oldfilm_tiny_model
  PUBLIC oldfilm_torch::torch_cpu oldfilm_torch::c10
  PRIVATE oldfilm_warnings nlohmann_json::nlohmann_json)
target_include_directories(oldfilm_tiny_model PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
oldfilm_precompiled(oldfilm_tiny_model test)

oldfilm_test(model_test SOURCES model/model_test.cpp LIBS oldfilm_core oldfilm_tiny_model)
oldfilm_test(package_test SOURCES model/package_test.cpp LIBS oldfilm_core oldfilm_tiny_model)
oldfilm_test(tiling_test SOURCES model/tiling_test.cpp)
oldfilm_hidden(tiling_test oldfilm_core model/tiling)
oldfilm_test(precision_test SOURCES model/precision_test.cpp LIBS oldfilm_core)
oldfilm_hidden(precision_test oldfilm_core model/precision)
oldfilm_test(fusion_test SOURCES torchscript/fuse_elementwise_test.cpp LIBS oldfilm_base oldfilm_torch::torch_cpu oldfilm_torch::c10)
oldfilm_hidden(fusion_test oldfilm_torchscript)
# Below it, and not from the core: what registers itself with LibTorch would be there twice.
oldfilm_hidden(fusion_test oldfilm_core device/foreign_memory device/native_streams device/cuda_half)
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc video)
  oldfilm_test(flow_test SOURCES stage/flow_test.cpp LIBS oldfilm_core opencv_core opencv_imgproc opencv_video)
  oldfilm_hidden(flow_test oldfilm_core stage/flow)
  target_compile_definitions(flow_test PRIVATE OLDFILM_WITH_OPENCV)
endif()
oldfilm_test(shipped_models_test SOURCES model/shipped_models_test.cpp LIBS oldfilm_core)

# Streams, events and memory of a device, on one that is made for it.
add_library(oldfilm_late STATIC late/late_device.cpp late/queues.cpp late/kernels.cpp)
target_link_libraries(oldfilm_late PUBLIC oldfilm::core PRIVATE oldfilm_warnings)
target_include_directories(oldfilm_late PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
oldfilm_precompiled(oldfilm_late test)
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  oldfilm_test(late_test SOURCES pipeline/pipeline_late_test.cpp
    LIBS oldfilm::core oldfilm::sdk oldfilm_late oldfilm_tiny_model opencv_core opencv_imgproc opencv_imgcodecs LABELS fast)
  foreach(stage deflicker stabilize scratch-removal denoise colorize superres face-enhance interpolate)
    add_dependencies(late_test oldfilm_stage_${stage})
  endforeach()
endif()

# Plugins with kernels of their own, on streams of their own.
oldfilm_test(late_plain_test SOURCES stage/plain_plugins_late_test.cpp LIBS oldfilm::core oldfilm::sdk oldfilm_late oldfilm_tiny_model LABELS fast)

# Recordings: on the late device, and CUDA's library as far as it goes without one.
add_library(oldfilm_stale_cuda MODULE device/stale_cuda_half.cpp)
target_include_directories(oldfilm_stale_cuda PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(oldfilm_stale_cuda PRIVATE oldfilm_warnings oldfilm_torch::c10)
oldfilm_test(recording_test SOURCES device/recording_test.cpp LIBS oldfilm::core oldfilm_late oldfilm_tiny_model LABELS fast)
oldfilm_hidden(recording_test oldfilm_core device/cuda_half)
target_compile_definitions(recording_test PRIVATE
  OLDFILM_BUILD="${PROJECT_VERSION} for LibTorch ${OLDFILM_TORCH_RUNTIME_TAG}"
  OLDFILM_STALE_LIBRARY="$<TARGET_FILE:oldfilm_stale_cuda>")
add_dependencies(recording_test oldfilm_stale_cuda)
if(TARGET oldfilm_cuda)
  target_compile_definitions(recording_test PRIVATE OLDFILM_CUDA_LIBRARY="$<TARGET_FILE:oldfilm_cuda>")
endif()

# Shots dealt out over devices.
if(OLDFILM_MEDIA)
  oldfilm_test(worker_pool_test SOURCES job/worker_pool_test.cpp LIBS oldfilm::media oldfilm::sdk oldfilm_late LABELS media)
endif()

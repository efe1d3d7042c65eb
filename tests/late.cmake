# Streams, events and memory of a device, on one that is made for it.
add_library(oldfilm_late STATIC late/late_device.cpp late/queues.cpp late/kernels.cpp)
target_link_libraries(oldfilm_late PUBLIC oldfilm_torch::torch_cpu oldfilm_torch::c10 PRIVATE oldfilm_warnings)
target_include_directories(oldfilm_late PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
if(OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  oldfilm_test(late_test SOURCES late_test.cpp
    LIBS oldfilm::core oldfilm::sdk oldfilm_late oldfilm_tiny_model opencv_core opencv_imgproc opencv_imgcodecs LABELS fast)
  foreach(stage deflicker stabilize scratch-removal denoise colorize superres face-enhance interpolate)
    add_dependencies(late_test oldfilm_stage_${stage})
  endforeach()
endif()

# Shots dealt out over devices.
if(OLDFILM_MEDIA)
  oldfilm_test(deal_test SOURCES deal_test.cpp run_program.cpp LIBS oldfilm::media oldfilm::sdk oldfilm_late LABELS media)
endif()

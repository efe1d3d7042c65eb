# oldfilm::opencv: header-only cv::Mat views of pictures, where OpenCV is. Used by the build and,
# installed, by the package.
find_package(OpenCV QUIET COMPONENTS core)
if(OpenCV_FOUND AND NOT TARGET oldfilm::opencv)
  add_library(oldfilm::opencv INTERFACE IMPORTED GLOBAL)
  set_target_properties(oldfilm::opencv PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES "oldfilm::base;oldfilm_torch::torch_cpu;oldfilm_torch::c10;opencv_core")
endif()

oldfilm_test(base_test SOURCES base_test.cpp LIBS oldfilm::base LABELS fast)
oldfilm_test(frame_test SOURCES frame_test.cpp LIBS oldfilm::core LABELS fast)
target_sources(frame_test PRIVATE ${PROJECT_SOURCE_DIR}/src/frame/frame_buffer.cpp) # hidden in the library
oldfilm_test(kept_blocks_test SOURCES kept_blocks_test.cpp ${PROJECT_SOURCE_DIR}/src/device/kept_blocks.cpp
  LIBS oldfilm::core LABELS fast)
oldfilm_test(pipeline_test SOURCES pipeline_test.cpp LIBS oldfilm::core oldfilm::sdk LABELS fast)
oldfilm_test(stage_boundary_test SOURCES stage_boundary_test.cpp LIBS oldfilm::core oldfilm::sdk LABELS fast)
if(OLDFILM_OPENCV_STAGES)
  target_compile_definitions(stage_boundary_test PRIVATE OLDFILM_WITH_OPENCV)
endif()
oldfilm_test(shots_test SOURCES shots_test.cpp ${PROJECT_SOURCE_DIR}/src/pipeline/shots.cpp LIBS oldfilm::core LABELS fast)

# LibTorch in a library that is loaded at run time, and a second OpenMP beside its own: a copy.
add_library(oldfilm_threads_module MODULE threads_module.cpp)
target_include_directories(oldfilm_threads_module PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(oldfilm_threads_module PRIVATE oldfilm::core ${CMAKE_DL_LIBS})
oldfilm_test(threads_test SOURCES threads_test.cpp LIBS ${CMAKE_DL_LIBS} LABELS fast)
add_dependencies(threads_test oldfilm_threads_module)
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libgomp.so.1 OUTPUT_VARIABLE libgomp OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file(${libgomp} ${CMAKE_CURRENT_BINARY_DIR}/other-openmp.so COPYONLY)
target_compile_definitions(threads_test PRIVATE
  OLDFILM_THREADS_MODULE="$<TARGET_FILE:oldfilm_threads_module>"
  OLDFILM_OTHER_OPENMP="${CMAKE_CURRENT_BINARY_DIR}/other-openmp.so")

# Every public header compiles alone; plugin.h as C11 and as C++17 too.
file(GLOB public_headers ${PROJECT_SOURCE_DIR}/include/oldfilm/*.hpp)
list(FILTER public_headers EXCLUDE REGEX "opencv.hpp")
if(NOT OLDFILM_MEDIA)
  list(FILTER public_headers EXCLUDE REGEX "(media|restore).hpp")
endif()
set(header_sources "")
foreach(header IN LISTS public_headers)
  get_filename_component(name ${header} NAME_WE)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/header_${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <oldfilm/${name}.hpp>\n#include <oldfilm/${name}.hpp>\n")
  list(APPEND header_sources ${source})
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/header_plugin.c CONTENT "#include <oldfilm/plugin.h>\nint oldfilm_header_is_c;\n")
add_library(oldfilm_header_test OBJECT ${header_sources} ${CMAKE_CURRENT_BINARY_DIR}/header_plugin.c)
target_link_libraries(oldfilm_header_test PRIVATE oldfilm::core oldfilm_warnings)

# Plugins that break their contract, each in one way, and one that keeps it.
set(OLDFILM_STAGE_OUTPUT_DIR ${PROJECT_BINARY_DIR}/tests/plugins)
foreach(kind good throws-in-create throws-in-process wrong-shape nan no-picture)
  string(REPLACE "-" "_" macro ${kind})
  string(TOUPPER ${macro} macro)
  oldfilm_add_stage(test-${kind} TORCH SOURCES plugins/contract.cpp)
  target_compile_definitions(oldfilm_stage_test-${kind} PRIVATE KIND_${macro} NAME="test-${kind}")
  add_dependencies(pipeline_test oldfilm_stage_test-${kind})
endforeach()
oldfilm_add_stage(test-plain-c SOURCES plugins/plain.c)
add_dependencies(pipeline_test oldfilm_stage_test-plain-c)

# The manual's table of presets is compared where all of their stages are built.
if(OLDFILM_OPENCV_STAGES)
  target_compile_definitions(pipeline_test PRIVATE OLDFILM_ALL_STAGES)
  foreach(stage deflicker stabilize scratch-removal denoise colorize superres face-enhance interpolate)
    add_dependencies(pipeline_test oldfilm_stage_${stage})
  endforeach()
endif()

# oldfilm_add_stage(name SOURCES file... [TORCH] [MODELS file...] [LINK target...] [ABI_MINOR number])
#
# Builds the stage plugin `name` as a shared library around the SDK, with its runtime tag when TORCH is
# given, its model packages next to it, and the sidecar JSON that the host reads before it loads the library. ABI_MINOR
# is the minor version of the plugin ABI that the stage needs, if it uses what a later one added; by default the lowest.
function(oldfilm_add_stage name)
  cmake_parse_arguments(ARG "TORCH" "ABI_MINOR" "SOURCES;MODELS;LINK" ${ARGN})
  set(target oldfilm_stage_${name})
  if(NOT DEFINED OLDFILM_STAGE_OUTPUT_DIR)
    set(OLDFILM_STAGE_OUTPUT_DIR ${CMAKE_BINARY_DIR}/plugins)
  endif()
  add_library(${target} MODULE ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE oldfilm::sdk ${ARG_LINK})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${OLDFILM_STAGE_OUTPUT_DIR}
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  if(DEFINED ARG_ABI_MINOR)
    target_compile_definitions(${target} PRIVATE OLDFILM_PLUGIN_MINOR=${ARG_ABI_MINOR}u)
  endif()
  if(ARG_TORCH)
    if(NOT TARGET oldfilm_torch::torch_cpu)
      message(FATAL_ERROR "The stage ${name} is built with LibTorch, which was not looked for; use "
        "find_package(oldfilm CONFIG REQUIRED COMPONENTS core sdk)")
    endif()
    target_link_libraries(${target} PRIVATE oldfilm_torch::torch_cpu oldfilm_torch::c10)
    target_compile_definitions(${target} PRIVATE OLDFILM_RUNTIME_TAG="${OLDFILM_TORCH_RUNTIME_TAG}")
  endif()
  # Lazy binding and no run path to LibTorch's dependencies: the description is read at build time from the
  # very library that the host will load.
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND oldfilm::describe $<TARGET_FILE:${target}> ${OLDFILM_STAGE_OUTPUT_DIR}/${name}.json
    VERBATIM)
  # Installed beside oldfilm's own stages; a subproject installs nothing unless it is told to.
  set(installed TRUE)
  if(DEFINED OLDFILM_INSTALL AND NOT OLDFILM_INSTALL)
    set(installed FALSE)
  endif()
  set(plugin_dir ${CMAKE_INSTALL_LIBDIR}/oldfilm/plugins)
  foreach(model IN LISTS ARG_MODELS)
    get_filename_component(model_path ${model} ABSOLUTE)
    get_filename_component(model_name ${model} NAME)
    set(copy ${OLDFILM_STAGE_OUTPUT_DIR}/models/${name}/${model_name})
    add_custom_command(OUTPUT ${copy}
      COMMAND ${CMAKE_COMMAND} -E copy_if_different ${model_path} ${copy}
      DEPENDS ${model_path} VERBATIM)
    list(APPEND copies ${copy})
    if(installed)
      install(FILES ${model_path} DESTINATION ${plugin_dir}/models/${name} COMPONENT plugins OPTIONAL)
    endif()
  endforeach()
  if(copies)
    add_custom_target(${target}_models ALL DEPENDS ${copies})
    add_dependencies(${target} ${target}_models)
  endif()
  if(installed)
    install(TARGETS ${target} LIBRARY DESTINATION ${plugin_dir} COMPONENT plugins)
    install(FILES ${OLDFILM_STAGE_OUTPUT_DIR}/${name}.json DESTINATION ${plugin_dir} COMPONENT plugins)
  endif()
endfunction()

# oldfilm check-plugin: plugins that keep their contract, and one for each check that breaks it in that way alone.
if(NOT TARGET oldfilm_cli)
  return()
endif()
find_package(OpenMP COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  message(STATUS "No OpenMP for C: oldfilm check-plugin is not tested")
  return()
endif()
set(broken_dir ${PROJECT_BINARY_DIR}/tests/broken)

# oldfilm_broken(NAME [OPTION...]): the parametrized plugin, in a folder that nobody searches.
function(oldfilm_broken name)
  add_library(oldfilm_broken_${name} MODULE plugins/broken/description.c plugins/broken/life.c
    plugins/broken/picture.c plugins/broken/exception.cpp)
  target_link_libraries(oldfilm_broken_${name} PRIVATE oldfilm::sdk OpenMP::OpenMP_C Threads::Threads)
  target_compile_options(oldfilm_broken_${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-fexceptions -Wall -Wextra -Werror> ${ARGN})
  target_compile_definitions(oldfilm_broken_${name} PRIVATE
    BROKEN_MODEL="${PROJECT_SOURCE_DIR}/examples/oldfilm/templates/torch/soften.pt")
  set_target_properties(oldfilm_broken_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} UNITY_BUILD OFF
    LIBRARY_OUTPUT_DIRECTORY ${broken_dir} C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
endfunction()
oldfilm_broken(plugin)
oldfilm_broken(no-entry -Doldfilm_plugin=another_function)
oldfilm_broken(missing-symbol -DBROKEN_SYMBOL)
oldfilm_broken(exports -DBROKEN_EXPORT)
oldfilm_broken(needs -DBROKEN_HELPER)
add_library(oldfilm_broken_helper SHARED plugins/broken/helper.c)
target_link_libraries(oldfilm_broken_helper PRIVATE oldfilm::sdk)
set_target_properties(oldfilm_broken_helper PROPERTIES OUTPUT_NAME broken-helper LIBRARY_OUTPUT_DIRECTORY ${broken_dir})
target_link_libraries(oldfilm_broken_needs PRIVATE oldfilm_broken_helper)
set_target_properties(oldfilm_broken_needs PROPERTIES BUILD_RPATH "\$ORIGIN")

# Plugins that are as they should be, of other kinds: two stages in one library, a library linked statically.
set(OLDFILM_STAGE_OUTPUT_DIR ${PROJECT_BINARY_DIR}/tests/kinds)
add_library(oldfilm_check_gain STATIC plugins/kinds/gain.c)
oldfilm_add_stage(two-in-one SOURCES plugins/kinds/two.cpp LINK oldfilm_check_gain)

oldfilm_test(check_plugin_test SOURCES check/check_plugin_test.cpp check/broken_plugins_test.cpp LIBS oldfilm::check LABELS check)
target_compile_definitions(check_plugin_test PRIVATE DESCRIBE="$<TARGET_FILE:oldfilm_describe>")
add_dependencies(check_plugin_test oldfilm_cli oldfilm_describe oldfilm_stage_two-in-one oldfilm_stage_test-plain-c
  oldfilm_stage_test-good oldfilm_broken_plugin oldfilm_broken_no-entry oldfilm_broken_missing-symbol
  oldfilm_broken_exports oldfilm_broken_needs)

# Each stage of the project keeps its contract. The large ones take their time, and other tests run at the same time.
# What the network of colorize sees is small here, since it does not depend on the frames' size.
set(check_parameters_colorize --set render_size=64)
foreach(stage colorize deflicker denoise face-enhance fade-correct grain interpolate scratch-removal stabilize superres tint title-card)
  if(TARGET oldfilm_stage_${stage})
    add_test(NAME check_${stage} COMMAND oldfilm_cli check-plugin --slower 3 ${check_parameters_${stage}} ${PROJECT_BINARY_DIR}/plugins/${stage}.so)
    set_tests_properties(check_${stage} PROPERTIES LABELS "check;stages")
  endif()
endforeach()

# The stages that steady and clean a film, each driven through a pipeline.
if(OLDFILM_OPENCV_STAGES)
  oldfilm_test(stages_a_test SOURCES stages_a_test.cpp LIBS oldfilm::core LABELS stages)
  add_dependencies(stages_a_test oldfilm_stage_deflicker oldfilm_stage_stabilize)
endif()

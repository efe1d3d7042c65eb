# The room src/job, class by class.
if(OLDFILM_MEDIA)
  oldfilm_test(job_classes_test SOURCES job/segment_test.cpp job/segmentation_test.cpp job/checkpoint_test.cpp
    job/work_queue_test.cpp job/segment_writer_test.cpp job/segment_encoder_test.cpp
    LIBS oldfilm::media LABELS media)
  if(OLDFILM_OPENCV_STAGES)
    oldfilm_test(job_decisions_test SOURCES job/decisions_test.cpp analysis/generator.cpp
      LIBS oldfilm_media_files oldfilm::media opencv_core opencv_imgproc LABELS media)
    add_dependencies(job_decisions_test oldfilm_stage_tint oldfilm_stage_grain)
  endif()
  oldfilm_hidden(job_classes_test oldfilm_media)
endif()

# Decoding and encoding on a device, as far as that needs none: by what is hidden in the library, on
# the CPU and on the late device.
if(OLDFILM_MEDIA)
  pkg_check_modules(OLDFILM_FFMPEG QUIET IMPORTED_TARGET libavformat libavcodec libavfilter libswscale libavutil)
  oldfilm_test(hardware_test
    SOURCES media/surfaces_test.cpp media/engine_test.cpp media/surface_fixtures.cpp
    LIBS oldfilm_media_files oldfilm::core oldfilm::sdk oldfilm_late PkgConfig::OLDFILM_FFMPEG PkgConfig::OLDFILM_SQLITE
      Threads::Threads LABELS media)
  if(OLDFILM_OPENCV_STAGES)
    target_link_libraries(hardware_test PRIVATE opencv_core opencv_imgproc)
  endif()
  target_sources(hardware_test PRIVATE $<TARGET_OBJECTS:oldfilm_media>)
endif()

# Files in and out, against truth from outside: the ffmpeg and ffprobe programs.
if(OLDFILM_MEDIA)
  oldfilm_test(media_test
    SOURCES media_time_test.cpp media_input_test.cpp media_color_test.cpp
      media_write_test.cpp media_streams_test.cpp media_sequence_test.cpp media_exr_test.cpp
    LIBS oldfilm::media LABELS media)
  oldfilm_test(media_others_test
    SOURCES media_files.cpp media_sound_test.cpp media_subtitle_test.cpp media_chapters_test.cpp media_timecode_test.cpp
      media_hdr_test.cpp ${PROJECT_SOURCE_DIR}/src/media/timecode.cpp # hidden in the library
      ${PROJECT_SOURCE_DIR}/src/media/ffmpeg.cpp ${PROJECT_SOURCE_DIR}/src/media/locations.cpp
    LIBS oldfilm::media PkgConfig::OLDFILM_FFMPEG LABELS media)
endif()

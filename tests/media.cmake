# Files in and out, against truth from outside: the ffmpeg and ffprobe programs.
if(OLDFILM_MEDIA)
  oldfilm_test(media_test
    SOURCES media_time_test.cpp media_input_test.cpp media_color_test.cpp
      media_write_test.cpp media_streams_test.cpp media_truncated_test.cpp
    LIBS oldfilm_media_files oldfilm::media LABELS media)
endif()

# Files in and out, against truth from outside: the ffmpeg and ffprobe programs.
if(OLDFILM_MEDIA)
  oldfilm_test(media_test
    SOURCES media_time_test.cpp media_input_test.cpp media_color_test.cpp media_fields_test.cpp
      media_write_test.cpp media_streams_test.cpp media_sequence_test.cpp media_exr_test.cpp media_truncated_test.cpp
    LIBS oldfilm_media_files oldfilm::media LABELS media)
  oldfilm_test(media_others_test
    SOURCES media_sound_test.cpp media_subtitle_test.cpp media_chapters_test.cpp media_timecode_test.cpp media_hdr_test.cpp
    LIBS oldfilm_media_files oldfilm::media PkgConfig::OLDFILM_FFMPEG LABELS media)
  oldfilm_hidden(media_others_test oldfilm_media timecode ffmpeg locations)
endif()

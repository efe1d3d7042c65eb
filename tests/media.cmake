# Files in and out, against truth from outside: the ffmpeg and ffprobe programs.
if(OLDFILM_MEDIA)
  oldfilm_test(media_test
    SOURCES media/time_test.cpp media/input_test.cpp media/color_test.cpp media/fields_test.cpp
      media/write_test.cpp media/streams_test.cpp media/sequence_test.cpp media/exr_test.cpp media/truncated_test.cpp
      media/transparency_test.cpp media/seek_test.cpp
    LIBS oldfilm_media_files oldfilm::media LABELS media)
  oldfilm_test(media_others_test
    SOURCES media/sound_test.cpp media/subtitle_test.cpp media/chapters_test.cpp media/timecode_test.cpp media/hdr_test.cpp
    LIBS oldfilm_media_files oldfilm::media LABELS media)
  oldfilm_hidden(media_others_test oldfilm_media)
endif()

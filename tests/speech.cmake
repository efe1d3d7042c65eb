# Speech and title cards as subtitles.
if(TARGET oldfilm_speech AND TARGET oldfilm_cli AND OLDFILM_OPENCV_STAGES)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc)
  find_program(OLDFILM_ESPEAK espeak-ng)
  oldfilm_test(speech_test SOURCES speech/formats_test.cpp speech/utterances_test.cpp speech/sound_test.cpp
    speech/cards_test.cpp speech/journal_test.cpp speech/whisper_test.cpp
    LIBS oldfilm_media_files oldfilm::speech oldfilm::media opencv_core opencv_imgproc LABELS media)
  oldfilm_hidden(speech_test oldfilm_speech)
  oldfilm_test(transcribe_test SOURCES speech/command_test.cpp LABELS cli)
  add_dependencies(transcribe_test oldfilm_cli)
  if(OLDFILM_ESPEAK)
    target_compile_definitions(transcribe_test PRIVATE OLDFILM_ESPEAK="${OLDFILM_ESPEAK}")
  endif()
endif()

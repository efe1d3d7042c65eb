# Decoding and encoding on a device, as far as that needs none: by what is hidden in the library, on
# the CPU and on the late device.
if(OLDFILM_MEDIA)
  oldfilm_test(hardware_test
    SOURCES media/surfaces_test.cpp media/engine_test.cpp media/surface_fixtures.cpp
    LIBS oldfilm_media_files oldfilm::core oldfilm::sdk oldfilm_late LABELS media)
  oldfilm_hidden(hardware_test oldfilm_media)
endif()

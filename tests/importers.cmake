# Importers of published networks, against the outputs of their authors' own code (../shared/parity).
add_executable(run_package importers/run_package.cpp)
target_link_libraries(run_package PRIVATE oldfilm_core oldfilm_warnings)

if(TARGET oldfilm_speech)
  add_executable(run_whisper importers/run_whisper.cpp)
  target_link_libraries(run_whisper PRIVATE oldfilm_core oldfilm_warnings oldfilm_fmt nlohmann_json::nlohmann_json)
  target_include_directories(run_whisper PRIVATE ${PROJECT_SOURCE_DIR}/src)
  oldfilm_hidden(run_whisper oldfilm_speech)
endif()

# They need PyTorch in Python, which ./setup.sh train and test --all install, and the vectors; without either they say so.
find_program(OLDFILM_PYTHON_WITH_TORCH python HINTS ${PROJECT_BINARY_DIR}/env/bin NO_DEFAULT_PATH)
if(OLDFILM_PYTHON_WITH_TORCH)
  set(sets small)
  set(wheel "")
  if(DEFINED ENV{OLDFILM_TEST_ALL}) # ./setup.sh test --all
    set(sets all)
    set(wheel --fetch)
  endif()
  add_test(NAME importers COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/check.py
    --build ${PROJECT_BINARY_DIR} --set ${sets})
  add_test(NAME importers_errors COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/errors.py)
  add_test(NAME importers_generic COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/generic.py
    ${PROJECT_BINARY_DIR})
  add_test(NAME importers_ncnn COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/ncnn_parity.py
    ${PROJECT_BINARY_DIR} ${wheel})
  add_test(NAME importers_community COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/community.py
    ${PROJECT_BINARY_DIR})
  add_test(NAME importers_onnx COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/onnx_parity.py
    ${PROJECT_BINARY_DIR})
  add_test(NAME importers_catalog COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/catalog.py)
  add_test(NAME importers_safetensors COMMAND ${OLDFILM_PYTHON_WITH_TORCH}
    ${CMAKE_CURRENT_SOURCE_DIR}/importers/safetensors_file.py)
  add_test(NAME importers_silero_vad COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/silero_vad.py
    ${PROJECT_BINARY_DIR})
  add_test(NAME importers_mtcnn COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/mtcnn_faces.py
    ${PROJECT_BINARY_DIR})
  add_test(NAME importers_whisper COMMAND ${OLDFILM_PYTHON_WITH_TORCH} ${CMAKE_CURRENT_SOURCE_DIR}/importers/whisper_parity.py
    ${PROJECT_BINARY_DIR})
  set_tests_properties(importers importers_mtcnn importers_silero_vad importers_whisper importers_errors importers_safetensors importers_generic importers_ncnn importers_community importers_onnx importers_catalog PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS importers)
endif()

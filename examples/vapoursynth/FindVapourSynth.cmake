# Sets OLDFILM_VAPOURSYNTH_INCLUDE, the folder of VapourSynth4.h (empty: there is none), and OLDFILM_VAPOURSYNTH_PYTHON, a
# Python that has VapourSynth, for the tests. VapourSynth's wheel has its headers inside.
set(OLDFILM_VAPOURSYNTH AUTO CACHE STRING
  "Build the VapourSynth plugin: AUTO (if a Python with VapourSynth is found), OFF, or the folder of VapourSynth4.h")
set(OLDFILM_VAPOURSYNTH_PYTHON "" CACHE FILEPATH "A Python that has VapourSynth (pip install vapoursynth)")
set(OLDFILM_VAPOURSYNTH_INCLUDE "")
if(NOT OLDFILM_VAPOURSYNTH)
  return()
endif()

# Nothing is imported: the package need not work to be found.
function(oldfilm_vapoursynth_include python result)
  execute_process(COMMAND ${python} -c "import importlib.util as util, pathlib
spec = util.find_spec('vapoursynth')
print(pathlib.Path(spec.origin).with_name('include') if spec and spec.origin else '')"
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT EXISTS "${found}/VapourSynth4.h")
    set(found "")
  endif()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# ./setup.sh test --all makes the first of them.
set(candidates ${OLDFILM_VAPOURSYNTH_PYTHON})
if(NOT candidates)
  set(candidates ${PROJECT_BINARY_DIR}/vapoursynth-env/bin/python python3)
endif()
foreach(python IN LISTS candidates)
  oldfilm_vapoursynth_include(${python} found)
  if(found)
    set(OLDFILM_VAPOURSYNTH_PYTHON ${python})
    set(OLDFILM_VAPOURSYNTH_INCLUDE ${found})
    break()
  endif()
endforeach()
if(NOT OLDFILM_VAPOURSYNTH MATCHES "^(AUTO|ON)$")
  set(OLDFILM_VAPOURSYNTH_INCLUDE ${OLDFILM_VAPOURSYNTH})
  if(NOT EXISTS ${OLDFILM_VAPOURSYNTH}/VapourSynth4.h)
    message(FATAL_ERROR "OLDFILM_VAPOURSYNTH must be the folder of VapourSynth4.h, and there is none in "
      "${OLDFILM_VAPOURSYNTH}; python -c \"import vapoursynth; print(vapoursynth.get_include())\" prints it")
  endif()
elseif(OLDFILM_VAPOURSYNTH STREQUAL "ON" AND NOT OLDFILM_VAPOURSYNTH_INCLUDE)
  message(FATAL_ERROR "the VapourSynth plugin needs VapourSynth's header, and no Python with it was found; run pip install "
    "vapoursynth (Python 3.12 or later) and set OLDFILM_VAPOURSYNTH_PYTHON to that Python")
endif()

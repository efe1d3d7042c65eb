#!/usr/bin/env bash
# run.sh PYTHON TEST BUILD [ARGUMENT...]: a test of the VapourSynth plugin of this build, with a Python that has
# VapourSynth. Without one (PYTHON is empty) it says so, and ends with status 77.
set -euo pipefail

python=$1 test=$2 build=$3
shift 3
if [[ -z $python || ! -e $build/vapoursynth/oldfilm/liboldfilm-vs.so ]]; then
    echo "the VapourSynth plugin was not built: no Python 3.12 or later with VapourSynth was found;" \
        "./setup.sh test --all installs it, or pip install vapoursynth and set OLDFILM_VAPOURSYNTH_PYTHON"
    exit 77
fi
export OLDFILM_BUILD=$build OLDFILM_PLUGIN_PATH=$build/plugins VAPOURSYNTH_EXTRA_PLUGIN_PATH=$build/vapoursynth
export PYTHONPATH=${test%/*} PYTHONDONTWRITEBYTECODE=1
exec "$python" "$test" "$@"

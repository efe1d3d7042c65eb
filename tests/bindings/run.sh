#!/usr/bin/env bash
# run.sh BUILD TORCH_ROOT PYTHON SCRIPT [ARGUMENT...]: runs a script with the Python package of the build tree.
# Status 77 (skipped), with the reason, where PyTorch cannot be imported, as with the lean LibTorch of setup.sh.
set -euo pipefail
build=$1 torch=$2 python=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$build/python:$here:$(dirname "$torch") PYTHONDONTWRITEBYTECODE=1
export OLDFILM_PLUGIN_PATH=$build/plugins OLDFILM_PROGRAM=$build/bin/oldfilm
if ! reason=$("$python" -c 'import torch, numpy, nanobind_backend' 2>&1); then
    echo "skipped: $python cannot import torch, numpy and nanobind_backend: ${reason##*$'\n'}"
    echo "configure with -DOLDFILM_TORCH=.../site-packages/torch of a PyTorch that can, or run ./setup.sh test --all"
    exit 77
fi
exec "$python" "$@"

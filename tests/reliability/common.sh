# Sourced by the scripts beside it, after `build` and `work` are set: an empty WORK to be in, this build's program and stages, and
# `fail`.
build=$(cd "$build" && pwd)
oldfilm=$build/bin/oldfilm
export OLDFILM_PLUGIN_PATH=$build/plugins OMP_WAIT_POLICY=passive
rm -rf "$work"
mkdir -p "$work"
cd "$work"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Sourced by the tests of the installed package:  NAME.sh SOURCE_DIR WORK_DIR BINARY_DIR TORCH_DIR
set -eu
# shellcheck disable=SC2034 # not every test uses all
source=$1 work=$2 binary=$3 torch=$4
prefix=$work/prefix
export OMP_WAIT_POLICY=passive CMAKE_GENERATOR=Ninja
unset OLDFILM_PLUGIN_PATH OLDFILM_TORCH Torch_DIR # everything must be found by itself
if command -v ccache > /dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# Runs a command quietly; shows what it said when it fails.
quiet() {
    "$@" > "$work/quiet.log.$$" 2>&1 || {
        cat "$work/quiet.log.$$" >&2
        fail "$*"
    }
}
# build_project SOURCE BUILD [CMAKE_OPTION...]: against the installed package, as a stranger would.
build_project() {
    from=$1 to=$2
    shift 2
    quiet cmake -S "$from" -B "$to" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" "$@"
    quiet cmake --build "$to"
}
frames() {
    ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 "$1"
}

#!/usr/bin/env bash
# fuzz.sh BUILD [SECONDS [TARGET...]]: feeds everything that parses with damaged text (libFuzzer, with address and undefined-behaviour
# sanitizers). SECONDS a target; 0: only the seeds and what was found before. What is found is left in BUILD/fuzz/TARGET, and
# belongs into seeds/ once it is mended.
set -euo pipefail
build=$(cd "$1" && pwd) seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
targets=("$@")
((${#targets[@]})) || targets=(rational manifest sidecar journal stage pipeline hints arguments)
torch=$(sed -n 's/^OLDFILM_TORCH_ROOT:[A-Z]*=//p; s/^OLDFILM_TORCH:[A-Z]*=//p' "$build/CMakeCache.txt" | head -n 1)
[[ -n $torch ]] || torch=$(ls -d "$build"/env/lib/python3*/site-packages/torch)
mkdir -p "$build/fuzz"

flags=(-std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -DFMT_HEADER_ONLY=1
    -DOLDFILM_VERSION='"fuzz"' -DOLDFILM_RUNTIME_TAG='""' -I "$root/include" -I "$root/src" -isystem "$torch/include"
    -isystem "$torch/include/torch/csrc/api/include" -Wno-everything)
link=(-L "$build/lib" -loldfilm_core -loldfilm_base -L "$torch/lib" -ltorch_cpu -lc10 -ldl
    -Wl,-rpath,"$build/lib:$torch/lib" -Wl,-rpath-link,"$(dirname "$torch")/nvidia/cu13/lib")
base=("$root"/src/base/*.cpp)
declare -A sources=(
    [rational]="$root/src/base/time.cpp $root/src/base/error.cpp"
    [manifest]="${base[*]} $root/src/model/manifest.cpp $root/src/model/precision.cpp"
    [sidecar]="${base[*]}"
    [journal]="$root/src/base/error.cpp $root/src/job/journal.cpp"
    [stage]="${base[*]} $root/src/pipeline/spec.cpp $root/src/stage/library.cpp"
    [hints]="$root/plugins/colorize/hints.cpp $root/plugins/colorize/lab.cpp"
    [arguments]="${base[*]} $root/examples/oldfilm/options.cpp $root/examples/oldfilm/restore_options.cpp $root/examples/oldfilm/values.cpp"
    [pipeline]="${base[*]} $root/src/pipeline/spec.cpp $root/src/stage/library.cpp"
)
for target in "${targets[@]}"; do
    program=$build/fuzz/fuzz-$target
    # shellcheck disable=SC2086 # a list of files
    [[ $program -nt $here/$target.cpp ]] ||
        clang++ "${flags[@]}" "$here/$target.cpp" ${sources[$target]} -o "$program" "${link[@]}"
    corpus=$build/fuzz/$target
    mkdir -p "$corpus"
    options=(-artifact_prefix="$corpus/found-" -timeout=10 -rss_limit_mb=4096 -max_len=4096 -print_final_stats=1
        -close_fd_mask=3)
    [[ -e $here/json.dict && $target != rational ]] && options+=(-dict="$here/json.dict")
    if ((seconds > 0)); then options+=(-max_total_time="$seconds"); else options+=(-runs=0); fi
    OLDFILM_PLUGIN_PATH=$build/plugins ASAN_OPTIONS=detect_leaks=1 "$program" "${options[@]}" "$corpus" "$here/seeds/$target" \
        >"$corpus.log" 2>&1 || { tail -n 30 "$corpus.log" >&2; echo "FAILED: $target; see $corpus.log" >&2; exit 1; }
    echo "fuzz: $target, $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") runs, nothing found"
done

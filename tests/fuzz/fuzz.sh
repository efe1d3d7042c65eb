#!/usr/bin/env bash
# fuzz.sh BUILD [SECONDS [TARGET...]]: feeds everything that parses with damaged text (libFuzzer, with address and undefined-behavior
# sanitizers). SECONDS a target, but at most ten million runs; 0: only the seeds and what was found before. What is found is left in BUILD/fuzz/TARGET, and
# belongs into seeds/ once it is mended.
set -euo pipefail
build=$(cd "$1" && pwd) seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
targets=("$@")
((${#targets[@]})) || read -ra targets < <(cut -d " " -f 1 "$here/sources.txt" | xargs)
torch=$(sed -n 's/^OLDFILM_TORCH_ROOT:[A-Z]*=//p; s/^OLDFILM_TORCH:[A-Z]*=//p' "$build/CMakeCache.txt" | head -n 1)
[[ -n $torch ]] || torch=$(ls -d "$build"/env/lib/python3*/site-packages/torch)
mkdir -p "$build/fuzz"

flags=(-std=c++20 -g -O2 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -DFMT_HEADER_ONLY=1
    -DOLDFILM_VERSION='"fuzz"' -DOLDFILM_RUNTIME_TAG='""' -I "$root/include" -I "$root/src" -isystem "$torch/include"
    -isystem "$torch/include/torch/csrc/api/include" -Wno-everything)
link=(-L "$build/lib" -loldfilm_core -loldfilm_base -L "$torch/lib" -ltorch_cpu -lc10 -lavformat -lavutil -lxxhash -ldl
    -Wl,-rpath,"$build/lib:$torch/lib" -Wl,-rpath-link,"$(dirname "$torch")/nvidia/cu13/lib")
declare -A sources
while read -r target files; do
    # shellcheck disable=SC2086 # patterns
    sources[$target]=$(cd "$root" && printf "$PWD/%s " $files)
done <"$here/sources.txt"
declare -A longest=([manifest]=2048 [sidecar]=2048) # others: 512 bytes
for target in "${targets[@]}"; do
    program=$build/fuzz/fuzz-$target
    # shellcheck disable=SC2086 # a list of files
    [[ -x $program && -z $(find "$here/$target.cpp" ${sources[$target]} -newer "$program") ]] ||
        clang++ "${flags[@]}" "$here/$target.cpp" ${sources[$target]} -o "$program" "${link[@]}"
    corpus=$build/fuzz/$target
    mkdir -p "$corpus"
    options=(-artifact_prefix="$corpus/found-" -timeout=10 -rss_limit_mb=4096 -max_len="${longest[$target]:-512}" -print_final_stats=1
        -close_fd_mask=3)
    [[ -e $here/json.dict && $target != rational ]] && options+=(-dict="$here/json.dict")
    if ((seconds > 0)); then options+=(-max_total_time="$seconds" -runs=10000000); else options+=(-runs=0); fi
    OLDFILM_PLUGIN_PATH=$build/plugins ASAN_OPTIONS=detect_leaks=1:malloc_context_size=0:quarantine_size_mb=16 "$program" "${options[@]}" "$corpus" "$here/seeds/$target" \
        >"$corpus.log" 2>&1 || { tail -n 30 "$corpus.log" >&2; echo "FAILED: $target; see $corpus.log" >&2; exit 1; }
    echo "fuzz: $target, $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") runs, nothing found"
done

#!/usr/bin/env bash
# sanitize.sh BUILD [TEST...]: builds tests with address and undefined-behaviour sanitizers in BUILD/sanitize and runs them there;
# those of the rooms and of the command line when none is named.
set -euo pipefail
build=$(cd "$1" && pwd)
shift
tests=("$@")
((${#tests[@]})) || tests=(base_test frame_test pipeline_test shots_test media_test cli_test job_test)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
flags='-fsanitize=address,undefined -fno-sanitize=vptr -fno-omit-frame-pointer -O1 -g1 -Wno-error=maybe-uninitialized'
cmake -S "$here/../.." -B "$build/sanitize" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_C_FLAGS="$flags" \
    ${OLDFILM_TORCH:+-DOLDFILM_TORCH="$OLDFILM_TORCH"} >"$build/sanitize.log" 2>&1 ||
    { tail -n 20 "$build/sanitize.log" >&2; exit 1; }
cmake --build "$build/sanitize" --target "${tests[@]}"
# LibTorch and OpenMP are not built so: what they hand us looks overrun, and what they keep for good looks lost.
export ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=${LEAKS:-1}:strict_string_checks=1:detect_stack_use_after_return=1
export LSAN_OPTIONS=suppressions=$here/leaks.txt:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# The sanitizer calls dlopen in the program's stead, and so without the program's run path.
export LD_LIBRARY_PATH=$build/sanitize/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
OMP_WAIT_POLICY=passive OMP_NUM_THREADS=$(nproc) ctest --test-dir "$build/sanitize" --output-on-failure --timeout 1200 \
    -R "^($(IFS="|"; echo "${tests[*]}"))\$"

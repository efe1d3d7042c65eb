#!/usr/bin/env bash
# sanitize.sh BUILD [--threads] [TEST...]: builds with address and undefined-behavior sanitizers in BUILD/sanitize and runs tests
# there: those named, or the whole suite but what installs, what runs Python and what measures. With --threads: the thread
# sanitizer, in BUILD/sanitize-threads, and the tests of what has threads.
set -euo pipefail
build=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ ${1:-} == --threads ]]; then
    shift
    work=$build/sanitize-threads preset=tsan
    tests=(frame_test pipeline_test shots_test)
else
    work=$build/sanitize preset=asan
    tests=()
fi
(($#)) && tests=("$@")
# Tests that bound addresses or fail allocations can't share a process with the sanitizer; others' Python isn't built for it.
which=(-E '^(check_.*|damage|faults|install.*|docs_.*|importers.*|scheduling)$')
((${#tests[@]} == 0)) || which=(-R "^($(IFS="|"; echo "${tests[*]}"))\$")
cmake -S "$here/../.." --preset "$preset" -B "$work" ${OLDFILM_TORCH:+-DOLDFILM_TORCH="$OLDFILM_TORCH"} >"$work.log" 2>&1 ||
    { tail -n 20 "$work.log" >&2; exit 1; }
# Looking for leaks stops the process as a debugger does, which not every container allows.
echo 'int main() {}' | c++ -fsanitize=address -x c++ - -o "$work/probe"
if [[ -z ${LEAKS:-} ]] && ! "$work/probe" 2>/dev/null; then
    echo 'sanitize: leaks are not looked for, since this machine lets no process be traced'
    LEAKS=0
fi
# LibTorch and OpenMP are not built so: what they hand us looks overrun, and what they keep for good looks lost.
# The leak search follows what it has noted of threads' storage, also of threads that are gone (and crashes in glibc 2.36).
export ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=${LEAKS:-1}:strict_string_checks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0
export LSAN_OPTIONS=suppressions=$here/leaks.txt:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# Their threads, too, are not seen: only what our own code does is judged.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1:second_deadlock_stack=1
# The build runs programs that it has made; they are tools there, and what they leave behind is no finding.
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 cmake --build "$work" --target "${tests[@]:-all}"
# The sanitizer calls dlopen in the program's stead, and so without the program's run path.
export LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
OMP_WAIT_POLICY=passive OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)} ctest --test-dir "$work" --output-on-failure --timeout 3600 \
    "${which[@]}"

#!/usr/bin/env bash
# faults.sh BUILD WORK RUNS [SEED]: restorations in which allocations fail.
#
# A film is restored once with an allocator that counts what is asked for in 64 KiB or more. Then RUNS times with one of these, or
# several in a row, failing: what may come is the film (a failure that something else could take over, or smaller tiles), or an error
# that says so, after which the same command goes on to the film. Never a crash, and never another film: frames agree to one code
# value with those of the undisturbed run.
set -euo pipefail

build=$1 work=$2 runs=$3 seed=${4:-1}
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export OMP_NUM_THREADS=1
RANDOM=$seed

# The greatest difference of two films' samples, in code values of 8 bits.
apart() {
    ffmpeg -v error -i "$1" -i "$2" -filter_complex \
        "[0:v]format=gray[a];[1:v]format=gray[b];[a][b]blend=all_mode=difference,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-" \
        -f null - | sed -n 's/.*YMAX=//p' | sort -n | tail -n 1
}

ffmpeg -v error -f lavfi -i "testsrc2=size=192x144:rate=12,noise=alls=8:allf=t" -t 2 -c:v ffv1 -pix_fmt yuv420p film.mkv
restore=("$oldfilm" restore film.mkv)
how=(--stage scratch-removal --stage denoise --stage superres:scale=2 --codec ffv1 --progress none)
failing() {
    local at=$1 count=$2
    shift 2
    timeout -s KILL 300 env FAIL_AT="$at" FAIL_COUNT="$count" LD_PRELOAD="$build/lib/failing-allocator.so" "$@"
}
FAIL_LOG=$PWD/asked failing -1 0 "${restore[@]}" whole.mkv "${how[@]}" 2>whole.log
asked=$(<asked)
((asked > 100)) || fail "only $asked allocations were counted"

took_over=0 said=0
for ((run = 1; run <= runs; ++run)); do
    at=$(((RANDOM * 32768 + RANDOM) % asked)) count=$((run % 2 == 0 ? 1 : 1 + RANDOM % 20))
    status=0
    failing "$at" "$count" "${restore[@]}" film-out.mkv "${how[@]}" >log 2>&1 || status=$?
    case $status in
        0) took_over=$((took_over + 1)) ;;
        1)
            said=$((said + 1))
            grep -qiE 'memory|alloc' log || fail "allocation $at (and $count): $(tail -n 1 log)"
            [[ ! -e film-out.mkv ]] || fail "allocation $at: an error, and an output"
            "${restore[@]}" film-out.mkv "${how[@]}" >log 2>&1 || fail "allocation $at: did not go on: $(tail -n 1 log)"
            ;;
        *) fail "allocation $at (and $count): status $status: $(tail -n 1 log)" ;;
    esac
    far=$(apart film-out.mkv whole.mkv)
    ((far <= 1)) || fail "allocation $at (and $count): another film, by $far"
    rm -rf film-out.mkv
done
echo "faults: $runs runs with failing allocations ($asked could fail), $said ended with a sentence and went on, $took_over took over; all gave the same film"

#!/usr/bin/env bash
# endurance.sh BUILD WORK FRAMES: a long film of small frames through all stages.
#
# Memory and open files of the last tenth (but not while the segments are joined) against those of the second tenth (1 % and none
# more), and the same film made in segments: broken off in the middle, and gone on with.
set -euo pipefail
build=$1 work=$2 frames=$3
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
ffmpeg -v error -f lavfi -i "testsrc2=size=64x48:rate=16,noise=alls=9:allf=t,format=gray" -frames:v "$frames" -c:v ffv1 film.mkv
how=(--stage deflicker --stage stabilize --stage scratch-removal --stage denoise --stage colorize --stage face-enhance
    --stage superres:scale=2 --stage interpolate:fps=24 --codec ffv1 --progress json)

# Frames done, resident KiB and open files, some times a second.
"$oldfilm" restore film.mkv whole.mkv "${how[@]}" 2>progress &
program=$!
while kill -0 $program 2>/dev/null; do
    done=$(tail -n 1 progress | sed -n 's/.*"frames_in":\([0-9]*\).*/\1/p')
    resident=$(awk '/VmRSS/ { print $2 }' /proc/$program/status 2>/dev/null || true)
    open=$(find /proc/$program/fd -mindepth 1 2>/dev/null | wc -l)
    [[ -n $done && -n $resident ]] && echo "$done $resident $open"
    sleep 0.5
done >samples
wait $program
read -r early early_files late late_files < <(awk -v n="$frames" '
    $1 >= n * 0.1 && $1 < n * 0.2 { if ($2 > a) a = $2; if ($3 > b) b = $3 }
    $1 >= n * 0.9 && $1 < n { if ($2 > c) c = $2; if ($3 > d) d = $3 } END { print a + 0, b + 0, c + 0, d + 0 }' samples)
((early > 0 && late > 0)) || fail "too few samples"
((late * 100 <= early * 101)) || fail "memory grew from $early to $late KiB"
((late_files <= early_files)) || fail "open files grew from $early_files to $late_files"

"$oldfilm" restore film.mkv segments.mkv "${how[@]}" 2>broken &
program=$!
until [[ $(tail -n 1 broken | sed -n 's/.*"frames_in":\([0-9]*\).*/\1/p') -gt $((frames / 2)) ]]; do sleep 0.5; done
kill -KILL $program
wait $program 2>/dev/null || true
"$oldfilm" restore film.mkv segments.mkv "${how[@]}" 2>again
resumed=$(sed -n 's/.*"event":"done".*"resumed":\([0-9]*\).*/\1/p' again)
((resumed * 3 > frames)) || fail "only $resumed frames were not made again"
cmp -s whole.mkv segments.mkv || fail "made in segments it is another film"
echo "endurance: $frames frames through eight stages, $early KiB resident in the second tenth and $late in the last," \
    "$early_files and $late_files files open; killed after half, gone on after $resumed frames, equal to the byte"

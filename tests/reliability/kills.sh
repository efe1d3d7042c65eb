#!/usr/bin/env bash
# kills.sh BUILD WORK RUNS [SEED]: restorations that are killed, and go on.
#
# A film of several shots is restored once, undisturbed. Then RUNS times: the same, killed (SIGKILL) at a random time, every
# other run twice, and given once more; the result must be the same to the byte, and nothing may be left beside it.
# Prints a line of figures.
set -euo pipefail

build=$1 work=$2 runs=$3 seed=${4:-1}
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
RANDOM=$seed

# Four shots, one of them longer than a segment may be, with sound.
ffmpeg -v error -f lavfi -i testsrc2=size=64x48:rate=16:duration=1.5 -f lavfi -i mandelbrot=size=64x48:rate=16 \
    -f lavfi -i "smptebars=size=64x48:rate=16,noise=alls=20:allf=t" -f lavfi -i "testsrc=size=64x48:rate=16,noise=alls=9:allf=t" \
    -f lavfi -i sine=duration=30 -filter_complex \
    "[1:v]trim=duration=2[b];[2:v]trim=duration=17[c];[3:v]trim=duration=1.5[d];[0:v][b][c][d]concat=n=4[v]" \
    -map "[v]" -map 4:a -shortest -c:v ffv1 -pix_fmt yuv420p -c:a aac film.mkv
restore=("$oldfilm" restore film.mkv)
how=(--stage stabilize --stage scratch-removal --stage denoise --stage interpolate:fps=24 --progress json)

begun=$(date +%s%N)
"${restore[@]}" whole.mp4 "${how[@]}" --mask-out whole-mask.mkv 2>whole.log
undisturbed=$((($(date +%s%N) - begun) / 1000000))
frames=$(sed -n 's/.*"event":"done".*"frames_in":\([0-9]*\).*/\1/p' whole.log)

kills=0 taken_up=0
for ((run = 1; run <= runs; ++run)); do
    rm -rf film.mp4 mask.mkv
    for ((again = 0; again <= run % 2; ++again)); do
        "${restore[@]}" film.mp4 "${how[@]}" --mask-out mask.mkv 2>killed.log &
        sleep "$(awk -v t="$undisturbed" -v r="$RANDOM" 'BEGIN { printf "%.3f", t / 1000 * (0.1 + 0.95 * r / 32767) }')"
        if kill -KILL $! 2>/dev/null; then kills=$((kills + 1)); fi
        wait $! 2>/dev/null || true
        # It may have been done already; then it is not to be done again.
        [[ -e film.mp4 && ! -d film.mp4.oldfilm-job ]] && break
    done
    if [[ ! -e film.mp4 || -d film.mp4.oldfilm-job ]]; then
        "${restore[@]}" film.mp4 "${how[@]}" --mask-out mask.mkv 2>again.log || fail "run $run did not go on: $(tail -n 1 again.log)"
        resumed=$(sed -n 's/.*"event":"done".*"resumed":\([0-9]*\).*/\1/p' again.log)
        if ((resumed > 0)); then taken_up=$((taken_up + 1)); fi
    fi
    cmp -s film.mp4 whole.mp4 || fail "run $run gave another film"
    cmp -s mask.mkv whole-mask.mkv || fail "run $run gave other masks"
    [[ ! -e film.mp4.oldfilm-job && -z $(find . -name '.*.partial*') ]] || fail "run $run left something behind"
done
echo "kills: $runs runs, $kills killed, $taken_up of them taken up where they were, all equal to the byte ($frames frames, $undisturbed ms undisturbed)"

#!/usr/bin/env bash
# budget.sh BUILD WORK [SIZE...]: --memory against the largest resident size, from 480p to 4K.
#
# For each size and chain: the smallest budget that isn't refused (the refusal names it), and what was held under it.
set -euo pipefail
build=$1 work=$2
shift 2
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kept=0 tried=0
(($#)) || set -- 640x480 1280x720 1920x1080 3840x2160
for size; do
    ffmpeg -v error -y -f lavfi -i "testsrc2=size=$size:rate=16,noise=alls=6:allf=t" -frames:v 64 -c:v ffv1 -pix_fmt yuv420p film.mkv
    # Frames, codec, stages. H.264 looks ahead some fifty frames.
    for chain in "6 ffv1 denoise" "6 ffv1 scratch-removal denoise" "6 ffv1 superres:scale=2" "64 h264 deflicker"; do
        read -r frames codec chain <<<"$chain"
        stages=()
        for stage in $chain; do stages+=(--stage "$stage"); done
        run() {
            rm -rf out.mkv*
            /usr/bin/time -f %M -o peak "$oldfilm" restore film.mkv out.mkv "${stages[@]}" --codec "$codec" --progress none \
                --duration "$((frames / 16)).$((frames % 16 * 625))" --memory "$1M" 2>log
        }
        if run 330; then fail "$size, $chain: 330 MiB were enough"; fi
        mib=$(sed -n 's/.* \([0-9]*\) MiB are needed.*/\1/p' log)
        [[ -n $mib ]] || fail "$size, $chain: $(tail -n 1 log)"
        run "$mib" || fail "$size, $chain: $(tail -n 1 log)"
        held=$(($(tail -n 1 peak) / 1024))
        tried=$((tried + 1))
        if ((held <= mib)); then kept=$((kept + 1)); fi
        echo "$size through $chain to $codec: $held MiB held of $mib"
    done
done
echo "budget: kept in $kept of $tried"
((kept == tried))

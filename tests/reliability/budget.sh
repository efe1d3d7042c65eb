#!/usr/bin/env bash
# budget.sh BUILD WORK: --memory against the largest resident size, from 480p to 4K.
#
# For each size and chain: the smallest budget that isn't refused (by the sentence that names what is missing), and what was held.
set -euo pipefail
build=$1 work=$2
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kept=0 tried=0
for size in 640x480 1280x720 1920x1080 3840x2160; do
    ffmpeg -v error -y -f lavfi -i "testsrc2=size=$size:rate=16,noise=alls=6:allf=t" -frames:v 8 -c:v ffv1 -pix_fmt yuv420p film.mkv
    for chain in denoise "scratch-removal denoise" superres:scale=2; do
        stages=()
        for stage in $chain; do stages+=(--stage "$stage"); done
        for ((mib = 512; mib <= 16384; mib += mib / 4)); do
            status=0
            /usr/bin/time -f %M -o peak "$oldfilm" restore film.mkv out.mkv "${stages[@]}" --codec ffv1 --progress none --overwrite \
                --fresh --memory "${mib}M" 2>log || status=$?
            ((status == 0)) && break
            grep -q 'memory' log || fail "$size, $chain: $(tail -n 1 log)"
        done
        ((status == 0)) || fail "$size, $chain: refused with 16 GiB"
        held=$(($(tail -n 1 peak) / 1024))
        tried=$((tried + 1))
        if ((held <= mib)); then kept=$((kept + 1)); fi
        echo "$size through $chain: $held MiB held of $mib"
    done
done
echo "budget: kept in $kept of $tried"
((kept == tried))

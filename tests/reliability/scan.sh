#!/usr/bin/env bash
# scan.sh BUILD WORK [--all]: a scan of 4096x3112 in 6 GiB.
#
# For each stage, on monochrome and on color DPX: what --memory must be at least, as the refusal of too little names it. Then a reel
# through a stage (with --all: through each) with --memory 6G, and the largest resident size.
set -euo pipefail
build=$1 work=$2 all=${3:-}
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
most=6144 # MiB
stages=(deflicker stabilize scratch-removal denoise colorize superres:scale=2 face-enhance interpolate:fps=2x)

scan() { # PREFIX PIXELS FRAMES
    ffmpeg -nostdin -v error -y -f lavfi -i "testsrc2=size=4096x3112:rate=24,noise=alls=6:allf=t" -frames:v 1 -pix_fmt "$2" "$1-001.dpx"
    for ((k = 2; k <= $3; k++)); do ln "$1-001.dpx" "$1-$(printf %03d "$k").dpx"; done
}
restore() { # PREFIX STAGE MEMORY
    rm -rf out.mkv*
    /usr/bin/time -q -f %M -o peak "$oldfilm" restore "$1-%03d.dpx" out.mkv --stage "$2" --codec ffv1 --progress none --device cpu \
        --memory "$3" 2>log
}
# A reel that is longer than any window: its announced length bounds nothing.
scan gray gray16be 40
scan color gbrp10be 40
scan two gray16be 2
for reel in gray color; do
    for stage in "${stages[@]}"; do
        if restore $reel "$stage" 340M; then fail "$stage: 340 MiB were enough"; fi
        mib=$(sed -n 's/.* \([0-9]*\) MiB are needed.*/\1/p' log)
        [[ -n $mib ]] || fail "$reel, $stage: $(tail -n 1 log)"
        echo "$reel through $stage: $mib MiB are needed"
        # A color picture enlarged is 612 MB, and several are on their way.
        ((mib <= most)) || [[ $reel-$stage == color-superres* ]] || fail "$stage asks for more than $most MiB for a $reel scan"
    done
done
run=(deflicker)
[[ $all != --all ]] || run=("${stages[@]}")
for stage in "${run[@]}"; do
    restore two "$stage" 6G || fail "$stage: $(tail -n 1 log)"
    held=$(($(tail -n 1 peak) / 1024))
    echo "2 frames through $stage: $held MiB held"
    ((held <= most)) || fail "$stage held $held MiB of $most"
done

#!/usr/bin/env bash
# damage.sh BUILD FILMS WORK RUNS [SEED]: films damaged at random, each through a restoration with a time limit and a limit of memory.
#
# Bits flipped, ends cut off, blocks swapped, headers overwritten. What may come: an error (1, 2), a film (0), or a film with
# concealed frames (3). Never a crash, a hang, or an output that is not whole.
set -euo pipefail
build=$1 films=$(cd "$2" && pwd) work=$3 runs=$4 seed=${5:-1}
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export OMP_NUM_THREADS=1
RANDOM=$seed
mapfile -t all < <(find "$films" -maxdepth 1 -type f -size -400k -regextype posix-extended \
    -regex '.*\.(mkv|mp4|mov|avi|ts|mpg|webm|h264|gif|png|dv)' ! -name out.mkv | sort)

declare -i good=0 concealed=0 refused=0
for ((run = 1; run <= runs; ++run)); do
    film=${all[RANDOM % ${#all[@]}]}
    damaged=damaged.${film##*.}
    cp "$film" "$damaged"
    size=$(stat -c %s "$damaged")
    at() { echo $(((RANDOM * 32768 + RANDOM) % ($1 > 0 ? $1 : 1))); }
    poke() { printf "\\x$(printf %02x $((RANDOM % 256)))" | dd of="$damaged" bs=1 seek="$1" conv=notrunc status=none; }
    case $((RANDOM % 5)) in
        0) for _ in 1 2 3 4 5 6 7 8; do poke "$(at "$size")"; done ;;
        1) truncate -s "$(at "$size")" "$damaged" ;;
        2)
            dd if="$film" of="$damaged" bs=512 count=$((1 + RANDOM % 16)) skip=$((RANDOM % (size / 512 + 1))) \
                seek=$((RANDOM % (size / 512 + 1))) conv=notrunc status=none
            ;;
        3) for _ in 1 2 3 4; do poke "$(at 600)"; done ;;
        4) dd if=/dev/urandom of="$damaged" bs=64 count=4 seek=$((RANDOM % (size / 64 + 1))) conv=notrunc status=none ;;
    esac
    rm -f out.mkv
    status=0
    # 16 GiB of addresses: room for LibTorch, and for the threads of a machine with many cores.
    (ulimit -v 16777216; timeout -s KILL 60 "$oldfilm" restore "$damaged" out.mkv --stage deflicker --codec ffv1 --progress none) \
        >log 2>&1 || status=$?
    case $status in
        0) good+=1 ;;
        3) concealed+=1 ;;
        1 | 2) refused+=1 ;;
        *)
            cp "$damaged" "found-$run-$damaged"
            fail "run $run of seed $seed ($film): status $status: $(tail -n 1 log)"
            ;;
    esac
    if ((status == 1 || status == 2)) && [[ -e out.mkv ]]; then
        fail "run $run of seed $seed ($film): refused, and left an output"
    fi
    if ((status == 0 || status == 3)) && ! ffmpeg -nostdin -v error -xerror -i out.mkv -map 0:v -f null - 2>/dev/null; then
        fail "run $run of seed $seed ($film): the output is not whole"
    fi
    rm -rf out.mkv.oldfilm-job
done
echo "damage: $runs films, $good restored, $concealed restored with concealed frames, $refused refused with a sentence"

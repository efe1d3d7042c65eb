#!/usr/bin/env bash
# clean_film.sh BUILD DATA WORK [CLIP...]: what scratch-removal takes for damage in clean films, and what it finds in damaged ones.
# With MOST=PERCENT it fails where more than that of the clean films is in the mask on average.
#
# Clean: the share of pixels in the mask, its mean and the worst frame's, for each clip of DATA (24 frames, at most 480 wide).
# Damaged: clips that no model was trained on, aged with known damage: precision, recall and F1 of the mask with two pixels of tolerance, and PSNR
# against the same films without the damage.
set -euo pipefail
build=$(cd "$1" && pwd) data=$(cd "$2" && pwd) work=$3
shift 3
frames=24
mkdir -p "$work"
cd "$work"
export OLDFILM_PLUGIN_PATH=$build/plugins OMP_WAIT_POLICY=passive
(($#)) || set -- clips/{asl-sister,asl-walk}.mkv clips/{cups,coast,bee,bikes,highway,walk,flower}.mp4 clips/tears-of-steel.webm \
    clips/more/{davis-blackswan,davis-dance-twirl,davis-dog,davis-horsejump-high,davis-kite-surf,davis-parkour}.mp4 \
    clips/more/{co-tracker-gradio-demo-videos-cat,video-retalking-examples-face-2,rave-data-mp4-videos-truck,tokenflow-data-wolf}.mp4

restore() { # FILM NAME
    "$build/bin/oldfilm" restore "$1" "$2.mkv" --stage scratch-removal --codec ffv1 --mask-out "$2-mask.mkv" --overwrite \
        --progress none --device cpu 2>"$2.log" || { cat "$2.log" >&2; exit 1; }
}
# Means of frames, 0 to 255, one a line: of FILTER over the films that follow.
levels() {
    local filter=$1 inputs=()
    shift
    for film; do inputs+=(-i "$film"); done
    ffmpeg -nostdin -v error "${inputs[@]}" -filter_complex "$filter,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-" \
        -f null - | sed -n 's/.*YAVG=//p'
}
# Of the first mask, what is within two pixels of the second.
both() { levels "[0]format=gray[a];[1]format=gray,dilation,dilation[b];[a][b]blend=all_mode=and" "$1" "$2"; }
psnr() { "$build/bin/oldfilm" compare "$1" "$2" | sed -n 's/^PSNR *\([0-9.]*\).*/\1/p'; }

echo "clean film: share of pixels taken for damage"
for clip; do
    name=$(basename "$clip")
    ffmpeg -nostdin -v error -y -i "$data/$clip" -frames:v $frames -an -vf "scale='min(480,trunc(iw/2)*2)':-2,format=yuv420p" \
        -c:v ffv1 "$name.clean.mkv" </dev/null
    restore "$name.clean.mkv" "$name.out"
    levels "[0]format=gray" "$name.out-mask.mkv" |
        awk -v n="$name" '{ s += $1; if ($1 > m) m = $1 } END { printf "%-66s %.4f %% mean, %.4f %% most\n", n, s / NR / 2.55, m / 2.55 }'
done | tee clean.txt
awk '{ s += $2; if ($2 > c) c = $2; if ($5 > m) m = $5 } END {
    printf "all: %.4f %% on average, %.4f %% in the worst clip, %.4f %% in the worst frame\n", s / NR, c, m }' clean.txt

if [[ -n ${MOST:-} ]]; then
    awk -v most="$MOST" '{ s += $2 } END { exit s / NR > most }' clean.txt || { echo "FAILED: more than $MOST %" >&2; exit 1; }
fi

echo "damaged film: the mask against the truth"
for clip in asl-sister.mkv cups.mp4 coast.mp4 more/davis-camel.mp4; do # held back from training
    [[ -e $data/clips/$clip ]] || continue
    name=$(basename "$clip")
    "$build/bin/age-film" "$data/clips/$clip" "$name.aged.mkv" --masks "$name.truth.mkv" --undamaged "$name.undamaged.mkv" --seed 7 \
        --size 384x288 --frames $frames --start 10 >/dev/null 2>age.log
    restore "$name.aged.mkv" "$name.fixed"
    read -r truth found right reached < <(paste <(levels "[0]format=gray" "$name.truth.mkv") \
        <(levels "[0]format=gray" "$name.fixed-mask.mkv") \
        <(both "$name.fixed-mask.mkv" "$name.truth.mkv") <(both "$name.truth.mkv" "$name.fixed-mask.mkv") |
        awk '{ t += $1; f += $2; p += $3; r += $4 } END { print t, f, p, r }')
    echo "$name $truth $found $right $reached $(psnr "$name.undamaged.mkv" "$name.aged.mkv") $(psnr "$name.undamaged.mkv" "$name.fixed.mkv")"
done | awk 'function show(name, t, f, p, r) { printf "%-20s precision %.3f recall %.3f F1 %.3f", name, p / f, r / t, 2 * p / f * r / t / (p / f + r / t) }
    { show($1, $2, $3, $4, $5); printf ", PSNR %.2f -> %.2f dB\n", $6, $7
      t += $2; f += $3; p += $4; r += $5; db += $7 }
    END { if (NR) { show("all", t, f, p, r); printf ", %.2f dB\n", db / NR } }'

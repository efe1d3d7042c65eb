#!/usr/bin/env bash
# demo.sh BUILD: makes a damaged film with known truth, restores it, and reports.
#
# Leaves in BUILD/demo: aged.mkv (the damaged film), restored.mp4, masks.mkv (what was repaired),
# before-after.png, report.md.
set -euo pipefail

build=${1:?usage: demo.sh BUILD}
here=$(dirname "${BASH_SOURCE[0]}")
out=$build/demo
oldfilm=$build/bin/oldfilm
shot=18 # frames of each of the four shots; hints.json counts on it
mkdir -p "$out"

say() { printf '== %s\n' "$*"; }

# A film's PSNR in dB against another, as `oldfilm compare` measures it.
psnr() { "$oldfilm" compare "$1" "$2" | sed -n 's/^PSNR *//p'; }
frames() { ffprobe -v error -select_streams v -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$1" | tr -d ','; }

# The mean of a mask film, 0 to 255: of FILTER over the true damage [a] and what was repaired [b].
mean() {
    ffmpeg -nostdin -v error -i "$out/damage.mkv" -i "$out/masks.mkv" -filter_complex \
        "[0]format=gray[a];[1]format=gray[b];$1,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-" -f null - |
        awk -F= '/YAVG/ { sum += $2; n++ } END { print sum / n }'
}

# Made again where a script is newer: the hints are of this film's frames, and no other's.
if [[ ! $out/aged.mkv -nt $here/../age-film/make-demo-source.sh || ! $out/aged.mkv -nt $here/demo.sh ]]; then
    say "making a damaged film with known truth"
    "$here/../age-film/make-demo-source.sh" "$out/clean.mkv" "$shot"
    "$build/bin/age-film" "$out/clean.mkv" "$out/aged.part.mkv" --truth "$out/truth.mkv" --masks "$out/damage.mkv" \
        --undamaged "$out/undamaged.mkv" --seed 7 --size 384x288
    mv "$out/aged.part.mkv" "$out/aged.mkv"
fi

say "restoring it with the stages of the preset silent-film, and a restorer's hints for the colors (examples/demo/hints.json)"
start=$(date +%s.%N)
"$oldfilm" restore "$out/aged.mkv" "$out/restored.mp4" --pipeline "$here/pipeline.json" --mask-out "$out/masks.mkv" --overwrite
seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')

say "repairing the damage alone, to judge it against the same film without its damage"
"$oldfilm" restore "$out/aged.mkv" "$out/repaired.mkv" --stage scratch-removal --codec ffv1 --overwrite --progress none

say "putting frames side by side"
# One frame of each shot, the damaged one enlarged to the restored one's size.
ffmpeg -nostdin -v error -y -i "$out/aged.mkv" -i "$out/restored.mp4" -filter_complex "
    [0:v]select='eq(mod(n,$shot),14)',scale=768:576:flags=bicubic,format=rgb24[before];
    [1:v]select='eq(mod(n,2*$shot),28)',scale=768:576,format=rgb24[after];
    [before][after]hstack,tile=1x4" -frames:v 1 -fps_mode passthrough "$out/before-after.png"

damaged=$(mean "[b]nullsink;[a]null")
repaired=$(mean "[a]nullsink;[b]null")
both=$(mean "[a][b]blend=all_mode=and")

cat >"$out/report.md" <<TEXT
# The demo's figures

| what | figure |
|---|---|
| frames in, out | $(frames "$out/aged.mkv") at 16 fps, $(frames "$out/restored.mp4") at 32 fps |
| time of the restoration | $seconds s on $(nproc) cores |
| damaged pixels that were found | $(awk -v b="$both" -v d="$damaged" 'BEGIN { printf "%.0f %%", 100 * b / d }') |
| clean pixels that were repaired too, mostly beside damage | $(awk -v b="$both" -v d="$damaged" -v r="$repaired" \
    'BEGIN { printf "%.2f %%", 100 * (r - b) / (255 - d) }') |
| damaged film against the same film without its damage | $(psnr "$out/undamaged.mkv" "$out/aged.mkv") |
| the same after scratch-removal | $(psnr "$out/undamaged.mkv" "$out/repaired.mkv") |
TEXT
cat "$out/report.md"
say "look at $out/before-after.png, $out/restored.mp4 and $out/report.md"

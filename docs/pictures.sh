#!/usr/bin/env bash
# pictures.sh BUILD: makes the pages' pictures of single stages, before and after, from the demo's own film.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
film=$build/demo/aged.mkv
samples=/usr/share/doc/opencv-doc/examples/data # Debian's opencv-doc, as the demo's film is
work=$build/pictures/stages
rm -rf "$work"
mkdir -p "$work" pictures
restore() { "$build/bin/oldfilm" restore "$1" "$2" "${@:3}" --codec ffv1 --progress none; }
# pair NAME BEFORE AFTER FRAME CROP [FILTER]: frame number FRAME of both, CROP as ffmpeg's crop, the first through FILTER.
pair() {
    ffmpeg -nostdin -v error -y -i "$2" -i "$3" -filter_complex "
        [0:v]select='eq(n,$4)',${6:-null},crop=$5,format=rgb24[a];[1:v]select='eq(n,$4)',crop=$5,format=rgb24[b];
        [a][b]hstack" -frames:v 1 -fps_mode passthrough -q:v 4 "pictures/$1.jpg"
}
cut=(--start 0:00:00.25 --duration 1)
restore "$film" "$work/as-is.mkv" --stage none "${cut[@]}"
restore "$film" "$work/clean.mkv" "${cut[@]}" --stage scratch-removal
restore "$film" "$work/still.mkv" "${cut[@]}" --stage scratch-removal --stage denoise
restore "$film" "$work/colour.mkv" "${cut[@]}" --stage scratch-removal --stage denoise --stage colorize
restore "$film" "$work/large.mkv" "${cut[@]}" --stage scratch-removal --stage denoise --stage superres:scale=2
restore "$work/still.mkv" "$work/between.mkv" --stage interpolate:fps=2x
# The demo's film has 16 frames a second.
ffmpeg -nostdin -v error -i "$work/still.mkv" -vf minterpolate=fps=32:mi_mode=blend -c:v ffv1 "$work/blend.mkv"
pair scratch-removal "$work/as-is.mkv" "$work/clean.mkv" 6 iw:ih
pair denoise "$work/clean.mkv" "$work/still.mkv" 6 iw:ih
pair colorize "$work/still.mkv" "$work/colour.mkv" 6 iw:ih
pair superres "$work/still.mkv" "$work/large.mkv" 6 384:288 scale=2*iw:2*ih:flags=bicubic
pair interpolate "$work/blend.mkv" "$work/between.mkv" 13 iw/2:ih:iw/4:0 scale=iw:ih
# The demo's film shows nobody near; OpenCV's samples have a picture of a man who throws a ball.
ffmpeg -nostdin -v error -loop 1 -i "$samples/basketball1.png" -frames:v 9 -r 16 -c:v ffv1 \
    -vf "crop=176:176:20:60,format=gray,gblur=0.7,noise=alls=14:allf=t:all_seed=3" "$work/man.mkv"
near=(--stage denoise --stage superres:scale=4)
restore "$work/man.mkv" "$work/man-large.mkv" "${near[@]}"
restore "$work/man.mkv" "$work/man-face.mkv" "${near[@]}" --stage face-enhance
pair face-enhance "$work/man-large.mkv" "$work/man-face.mkv" 4 360:288:120:80

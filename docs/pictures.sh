#!/usr/bin/env bash
# pictures.sh BUILD: makes the pages' pictures of single stages, before and after, from the demo's own film.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
film=$build/demo/aged.mkv
hints=../examples/demo/hints.json
work=$build/pictures/stages
rm -rf "$work"
mkdir -p "$work" pictures
restore() { "$build/bin/oldfilm" restore "$1" "$2" "${@:3}" --codec ffv1 --progress none; }
# pair NAME BEFORE AFTER FRAME CROP [FILTER [FILTER]]: frame number FRAME of both, each through its FILTER, then CROP as
# ffmpeg's crop.
pair() {
    ffmpeg -nostdin -v error -y -i "$2" -i "$3" -filter_complex "
        [0:v]select='eq(n,$4)',${6:-null},crop=$5,format=rgb24[a];[1:v]select='eq(n,$4)',${7:-null},crop=$5,format=rgb24[b];
        [a][b]hstack" -frames:v 1 -fps_mode passthrough -q:v 4 "pictures/$1.jpg"
}
# The demo's film has four shots of 18 frames, 16 a second: a dog, a squirrel, a portrait, a street.
still=(--stage deflicker --stage stabilize --stage scratch-removal --stage denoise)
restore "$film" "$work/clean.mkv" --stage scratch-removal
restore "$film" "$work/still.mkv" "${still[@]}"
restore "$film" "$work/automatic.mkv" "${still[@]}" --stage colorize
restore "$film" "$work/hinted.mkv" "${still[@]}" --stage colorize:hints="$hints"
restore "$film" "$work/large.mkv" "${still[@]}" --stage superres:scale=2 --duration 1.125
pair scratch-removal "$film" "$work/clean.mkv" 14 iw:ih
restore "$film" "$work/repaired.mkv" --stage deflicker --stage stabilize --stage scratch-removal --evidence-out "$work/evidence.mkv"
pair evidence "$work/repaired.mkv" "$work/evidence.mkv" 14 iw:ih
pair denoise "$work/clean.mkv" "$work/still.mkv" 14 iw:ih
pair colorize "$work/automatic.mkv" "$work/hinted.mkv" 32 iw:ih
pair superres "$work/still.mkv" "$work/large.mkv" 14 384:288:190:80 scale=2*iw:2*ih:flags=bicubic
restore "$work/still.mkv" "$work/street.mkv" --stage none --start 3.375
restore "$work/street.mkv" "$work/between.mkv" --stage interpolate:fps=2x
ffmpeg -nostdin -v error -i "$work/street.mkv" -vf minterpolate=fps=32:mi_mode=blend -c:v ffv1 "$work/blend.mkv"
pair interpolate "$work/blend.mkv" "$work/between.mkv" 21 192:144:160:100 scale=iw:ih
restore "$film" "$work/portrait.mkv" "${still[@]}" --start 2.25 --duration 1.125 --stage superres:scale=2
restore "$film" "$work/face.mkv" "${still[@]}" --start 2.25 --duration 1.125 --stage superres:scale=2 --stage face-enhance
pair face-enhance "$work/portrait.mkv" "$work/face.mkv" 14 400:300:220:100
# A print whose cyan dye has faded most: densities of 0.45, 0.85 and 0.65 of what they were, over a yellow stain.
ffmpeg -nostdin -v error -i "$build/demo/clean.mkv" -vf "lutrgb=r='246*pow(max(val,3.3)/255,0.45)':g='248*pow(max(val,3.3)/255,0.85)':\
b='228*pow(max(val,3.3)/255,0.65)'" -c:v ffv1 -pix_fmt bgr0 "$work/faded.mkv"
restore "$work/faded.mkv" "$work/corrected.mkv" --stage fade-correct
pair fade-correct "$work/faded.mkv" "$work/corrected.mkv" 32 iw:ih scale=384:-1 scale=384:-1
restore "$work/still.mkv" "$work/grainy.mkv" --stage grain:sigma=6,size=0.8 --duration 1.125
pair grain "$work/still.mkv" "$work/grainy.mkv" 14 192:144:160:60 scale=iw:ih
# An intertitle of our own, with weave, flicker, grain, and dust that is new in every frame.
ffmpeg -nostdin -v error -f lavfi -i "color=0x181818:s=384x288:r=16:d=1.5" -vf "
    drawtext=font=serif:text='The next morning':fontcolor=0xd8d8d8:fontsize=34:x=(w-tw)/2+1.4*sin(2.1*n):y=105+cos(1.3*n),
    drawtext=font=serif:text='the train leaves the city.':fontcolor=0xd8d8d8:fontsize=26:x=(w-tw)/2+1.4*sin(2.1*n):y=155+cos(1.3*n),
    noise=c0s=38:c0f=t,eq=eval=frame:brightness='0.02*sin(3.7*n)',format=gray,
    geq=lum='if(lt(mod(X*7+Y*13+N*29\,1543)\,1)\,235\,lum(X\,Y))'" -c:v ffv1 "$work/card.mkv"
restore "$work/card.mkv" "$work/card-clean.mkv" --stage deflicker --stage stabilize --stage title-card --stage denoise
pair title-card "$work/card.mkv" "$work/card-clean.mkv" 12 iw:ih
# The review page, in Chromium.
./review_picture.py "$build"

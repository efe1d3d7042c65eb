#!/bin/sh
# The lessons of examples/, built against the installed package and run.
. "$(dirname "$0")/common.sh"
lessons=$source/examples
build_project "$source/tests/install/lessons" "$work/lessons" -DEXAMPLES="$lessons"
bin=$work/lessons/bin
cd "$work"
rm -f lesson*.mkv lesson.png
# says SENTENCE COMMAND...: runs the command and looks for the sentence in what it says.
says() {
    sentence=$1
    shift
    "$@" > "$work/lesson.log" 2>&1 || {
        cat "$work/lesson.log"
        fail "$*"
    }
    grep -qE -e "$sentence" "$work/lesson.log" || {
        cat "$work/lesson.log"
        fail "$* does not say \"$sentence\""
    }
}
says '8 frames restored' "$bin/file-to-file" film.mkv lesson1.mkv
[ "$(frames lesson1.mkv)" = 8 ]
says '8 frames in, 8 out' "$bin/opencv-frames" film.mkv lesson2.mkv
[ "$(frames lesson2.mkv)" = 8 ]
says '8 frames, all of the film' "$bin/pull-and-cancel" film.mkv
ffmpeg -v error -y -f lavfi -i testsrc=size=320x240:rate=25:duration=60 -c:v ffv1 lesson-long.mkv
says 'of 1500 frames, .* s left' "$bin/pull-and-cancel" lesson-long.mkv 5
says '^cancelled' "$bin/pull-and-cancel" lesson-long.mkv 0.2
says 'no GPU here|8 frames restored on the GPU' "$bin/cuda-tensors"
says '8 frames brightened' "$bin/own-stage" film.mkv lesson5.mkv
says 'refused: .*radius' "$bin/json-live" "$lessons/06-json-live/pipeline.json" film.mkv
[ "$(grep -c 'changed by' lesson.log)" = 8 ] || fail "json-live lost frames"
says '8 frames cleaned, 8 cleaned and enlarged' "$bin/shared-model" film.mkv
says '8 previews' "$bin/preview" film.mkv lesson.png
[ "$(ffprobe -v error -show_entries stream=width,height -of csv=p=0 lesson.png)" = 64,48 ] || fail "no preview of 64 x 48"
says 'cancelled: ' "$bin/errors" film.mkv
says '8 frames pushed, 8 restored' "$bin/c-api" film.mkv lesson10.mkv
grep -q '8 frames restored' lesson.log || fail "the C API did not restore the film"
[ "$(frames lesson10.mkv)" = 8 ]
! readelf -d "$bin/c-api" | grep -q 'NEEDED.*\(torch\|stdc++\)' || fail "a program in C is linked to LibTorch or to C++"
rm -f lesson-long.mkv

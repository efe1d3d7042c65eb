#!/bin/sh
# `oldfilm new-stage` writes projects that build and pass as they stand against the installed package.
. "$(dirname "$0")/common.sh"

for kind in torch c; do
    folder=$work/new-$kind
    rm -rf "$folder"
    option=$([ $kind = c ] && echo --c || true)
    # shellcheck disable=SC2086 # no option is no word
    quiet "$prefix/bin/oldfilm" new-stage first-steps "$folder" $option
    build_project "$folder" "$folder/build"
    quiet ctest --test-dir "$folder/build" --output-on-failure --no-tests=error
    "$prefix/bin/oldfilm" plugins --plugin-path "$folder/build/plugins" | grep -q '^first-steps ' ||
        fail "the new $kind stage is not listed"
    ! "$prefix/bin/oldfilm" new-stage again "$folder" 2> "$work/refusal" || fail "a folder that is not empty was taken"
    grep -q 'has something in it' "$work/refusal" || fail "the refusal does not say why"
done
! readelf -d "$work/new-c/build/plugins/first-steps.so" | grep -q torch || fail "the C stage stands on LibTorch"
! grep -rq '@NAME@\|@CLASS@\|@VERSION@' "$work/new-torch" "$work/new-c" --include='*.*' --exclude-dir=build ||
    fail "a mark was left in a new project"

for name in Capital 1st a--b trailing- '' 'two words' ../up denoise; do
    ! "$prefix/bin/oldfilm" new-stage "$name" "$work/never" > /dev/null 2>&1 || fail "the name '$name' was taken"
    [ ! -e "$work/never" ] || fail "the name '$name' was refused, and a folder was made"
done

# A stage of the author's own, seen by the installed program, in a film.
build_project "$source/examples/third-party-stage" "$work/third-party"
"$prefix/bin/oldfilm" restore "$work/film.mkv" "$work/sharp.mkv" --overwrite --codec ffv1 \
    --plugin-path "$work/third-party/plugins" --stage sharpen:amount=1
[ "$(frames "$work/sharp.mkv")" = 8 ] || fail "the film lost frames"
[ "$(ffmpeg -v error -i "$work/film.mkv" -pix_fmt rgb24 -f md5 -)" != \
  "$(ffmpeg -v error -i "$work/sharp.mkv" -pix_fmt rgb24 -f md5 -)" ] || fail "sharpen did nothing"

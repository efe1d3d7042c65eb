#!/bin/sh
# Installs the build, moves what was installed, and builds an outside program and an outside plugin
# against it, as a stranger would; then restores a film with both.
#   install_test.sh SOURCE_DIR BINARY_DIR TORCH_DIR
set -eu
source=$1 binary=$2 torch=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset OLDFILM_PLUGIN_PATH # the installed plugins must be found by themselves

cmake --install "$binary" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/moved" # a relocatable package does not mind
prefix=$work/moved

for example in embed-minimal third-party-stage; do
    cmake -S "$source/examples/$example" -B "$work/$example" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PREFIX_PATH="$prefix" -DOLDFILM_TORCH="$torch" > "$work/$example.log" 2>&1 ||
        { cat "$work/$example.log"; exit 1; }
    cmake --build "$work/$example" >> "$work/$example.log" 2>&1 || { cat "$work/$example.log"; exit 1; }
done

ffmpeg -v error -f lavfi -i testsrc=size=64x48:rate=16:duration=0.5 -c:v ffv1 "$work/in.mkv"
frames() {
    ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 "$1"
}

"$work/embed-minimal/embed-minimal" "$work/in.mkv" "$work/embedded.mkv"
[ "$(frames "$work/embedded.mkv")" = 8 ]

"$prefix/bin/oldfilm" plugins | grep -q '^superres '
OLDFILM_PLUGIN_PATH=$work/third-party-stage/plugins "$prefix/bin/oldfilm" plugins | grep -q '^sharpen '
OLDFILM_PLUGIN_PATH=$work/third-party-stage/plugins "$prefix/bin/oldfilm" restore "$work/in.mkv" \
    "$work/sharp.mkv" --stage sharpen:amount=1 --codec ffv1
[ "$(frames "$work/sharp.mkv")" = 8 ]
# It must have done something: the film is not what it was.
[ "$(ffmpeg -v error -i "$work/in.mkv" -pix_fmt rgb24 -f md5 -)" != \
  "$(ffmpeg -v error -i "$work/sharp.mkv" -pix_fmt rgb24 -f md5 -)" ]
"$prefix/bin/oldfilm" --version | grep -q LibTorch
echo "installed, moved, built against and run: all right"

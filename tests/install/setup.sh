#!/bin/sh
# Installs the build and moves what was installed: a relocatable package does not mind.
#   setup.sh BINARY_DIR WORK_DIR
# The folder has the same name each time, so that ccache knows what is built against it again.
set -eu
binary=$1 work=$2
rm -rf "$work"
mkdir -p "$work"
cmake --install "$binary" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/prefix"
ffmpeg -v error -f lavfi -i testsrc=size=64x48:rate=16:duration=0.5 -c:v ffv1 "$work/film.mkv"

#!/usr/bin/env bash
# make-demo-source.sh OUT [FRAMES]: a clean colour film of three shots, FRAMES each (32), at 16 fps.
#
# Two shots are camera footage (a street, from two views of it; its 10 frames a second are relabelled,
# never resampled), and between them a slow pan over a portrait. All of it comes with Debian's
# opencv-doc package.
set -euo pipefail

out=${1:?usage: make-demo-source.sh OUT [FRAMES]}
frames=${2:-32}
docs=/usr/share/doc/opencv-doc
street=$docs/examples/data/vtest.avi
portrait=$docs/opencv4/html/230501201_1.jpg

for file in "$street" "$portrait"; do
    if [[ ! -e $file ]]; then
        echo "make-demo-source: expected $file; install the package opencv-doc" >&2
        exit 1
    fi
done

size="scale=768:576:flags=lanczos,setsar=1"
ffmpeg -nostdin -v error -y -i "$street" -loop 1 -i "$portrait" -filter_complex "
    [0:v]format=gbrp,split[wide][close];
    [wide]trim=start_frame=480:end_frame=$((480 + frames)),settb=1/16,setpts=N,$size[a];
    [1:v]format=gbrp,trim=end_frame=$frames,settb=1/16,setpts=N,crop=552:414:n/2:150+2*n,$size[b];
    [close]trim=start_frame=660:end_frame=$((660 + frames)),settb=1/16,setpts=N,
        crop=576:432:192:40,$size[c];
    [a][b][c]concat=n=3,settb=1/16,setpts=N[film]" \
    -map '[film]' -fps_mode passthrough -enc_time_base 1/16 -r 16 -c:v ffv1 -level 3 -g 1 -pix_fmt bgr0 \
    -f matroska "$out"

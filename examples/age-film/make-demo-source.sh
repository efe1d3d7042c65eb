#!/usr/bin/env bash
# make-demo-source.sh OUT [FRAMES]: a clean color film of four shots, FRAMES each (24; at most 41), at 16 fps.
#
# A dog (camera footage), a squirrel and a portrait (slow pans over photographs), and a street with people walking (camera
# footage). Camera frames are relabeled, never resampled in time. All of it comes with Debian's packages
# forensics-samples-files and opencv-doc.
set -euo pipefail

out=${1:?usage: make-demo-source.sh OUT [FRAMES]}
frames=${2:-24}
if [[ ! $frames =~ ^[0-9]+$ ]] || ((frames < 1 || frames > 41)); then
    echo "make-demo-source: FRAMES must be 1 to 41, which is as long as the dog's film is; found $frames" >&2
    exit 2
fi
docs=/usr/share/doc/opencv-doc
dog=/usr/share/forensics-samples/original-files/movie1/VID_20191220_170832.mp4
squirrel=$docs/examples/data/squirrel_cls.jpg
portrait=$docs/opencv4/html/230501201_1.jpg
street=$docs/examples/data/vtest.avi

for file in "$dog" "$squirrel" "$portrait" "$street"; do
    if [[ ! -e $file ]]; then
        echo "make-demo-source: expected $file; install the packages forensics-samples-files and opencv-doc" >&2
        exit 1
    fi
done

size="scale=768:576:flags=lanczos,setsar=1"
time="settb=1/16,setpts=N"
ffmpeg -nostdin -v error -y -i "$dog" -loop 1 -i "$squirrel" -loop 1 -i "$portrait" -i "$street" -filter_complex "
    [0:v]format=gbrp,trim=end_frame=$frames,$time,crop=1440:1080:240:0,$size[dog];
    [1:v]format=gbrp,trim=end_frame=$frames,$time,crop=480:360:n*1.6:30+n*0.7,$size[squirrel];
    [2:v]format=gbrp,trim=end_frame=$frames,$time,crop=552:414:n/2:150+2*n,$size[portrait];
    [3:v]format=gbrp,trim=start_frame=660:end_frame=$((660 + frames)),$time,crop=576:432:192:40,$size[street];
    [dog][squirrel][portrait][street]concat=n=4,$time[film]" \
    -map '[film]' -fps_mode passthrough -enc_time_base 1/16 -c:v ffv1 -level 3 -g 1 -pix_fmt bgr0 \
    -f matroska "$out"

#!/usr/bin/env bash
# make.sh DIR: awkward films, made with FFmpeg from nothing. Each function call is one file; check.sh has what must come of it.
set -euo pipefail
mkdir -p "$1"
cd "$1"

ff() { ffmpeg -nostdin -v error -y "$@" 2>>ffmpeg.log || echo "cannot be made here: ${*: -1}" >>skipped; }
# A moving picture of SIZE at RATE that lasts SECONDS.
lavfi() { printf 'testsrc2=size=%s:rate=%s:duration=%s' "$1" "$2" "$3"; }
: >ffmpeg.log
: >skipped

src=$(lavfi 64x48 16 1.5)
ff -f lavfi -i "$src" -pix_fmt yuv420p -c:v ffv1 base.mkv
ff -f lavfi -i sine=duration=1.5 -c:a pcm_s16le tone.wav

# Frame order and group structure
ff -i base.mkv -c:v libx264 -bf 3 -b_strategy 0 b-frames.mp4
ff -i base.mkv -c:v libx264 -bf 7 -x264-params b-pyramid=normal:ref=5 b-pyramid.mkv
ff -i base.mkv -c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3 open-gop.mkv
ff -i base.mkv -c:v libx265 -x265-params log-level=error:open-gop=1:keyint=8 open-gop-h265.mp4
ff -i base.mkv -c:v mpeg2video -bf 2 -b:v 2M -r 25 mpeg2-b.mpg
ff -i base.mkv -c:v mpeg4 -bf 2 -vtag XVID packed.avi
ff -i base.mkv -c:v libx264 -x264-params keyint=1 intra.mov
ff -i base.mkv -c:v libvpx-vp9 -b:v 400k -auto-alt-ref 1 -lag-in-frames 16 altref.webm
ff -f lavfi -i "$(lavfi 64x64 16 1.5)" -pix_fmt yuv420p -c:v libsvtav1 -preset 10 av1.mkv

# Times
ff -ss 0.4 -i b-frames.mp4 -c copy edit-list.mp4
ff -itsoffset 3.21 -i b-frames.mp4 -c copy offset.mkv
ff -itsoffset -0.5 -i b-frames.mp4 -c copy -avoid_negative_ts disabled negative.mkv
ff -i b-frames.mp4 -c copy -bsf:v h264_mp4toannexb no-times.h264
ff -i base.mkv -c:v mpeg4 no-times.avi
ff -i b-frames.mp4 -c copy -output_ts_offset 95443 wrapped.ts
ff -i b-frames.mp4 -i tone.wav -map 0:v -map 1:a -c:v copy -c:a mp2 plain.ts
cat plain.ts plain.ts >discontinuity.ts
ff -f lavfi -i "$(lavfi 64x48 30 2)" -vf "select='not(mod(n,3))+not(mod(n,7))'" -vsync vfr -c:v libx264 variable.mp4
ff -f lavfi -i "$(lavfi 64x48 30 2)" -vf "select='not(mod(n,3))+not(mod(n,7))'" -vsync vfr -c:v ffv1 variable.mkv
ff -f lavfi -i "$(lavfi 64x48 24000/1001 1.5)" -c:v libx264 ntsc-film.mp4
ff -f lavfi -i "$(lavfi 64x48 30000/1001 1.5)" -c:v libx264 -video_track_timescale 90000 ntsc-90k.mp4
ff -f lavfi -i "$(lavfi 64x48 60000/1001 1)" -c:v libx264 ntsc-60.mkv
ff -f lavfi -i "$(lavfi 64x48 18 1.5)" -c:v libx264 -video_track_timescale 1000003 prime-clock.mp4
ff -f lavfi -i "$(lavfi 64x48 18 1.5)" -c:v libx264 -video_track_timescale 1000000007 double-times.mp4
ff -f lavfi -i "$(lavfi 64x48 1 4)" -c:v ffv1 slow.mkv
ff -f lavfi -i "$(lavfi 64x48 240 0.5)" -c:v ffv1 fast.mkv
ff -f lavfi -i "$(lavfi 64x48 16 0.0625)" -frames:v 1 -c:v ffv1 one-frame.mkv

# Fields
ff -f lavfi -i "$(lavfi 64x48 50 1)" -vf tinterlace=interleave_top -c:v libx264 -flags +ildct+ilme -x264-params tff=1 top-first.mp4
ff -f lavfi -i "$(lavfi 64x48 50 1)" -vf tinterlace=interleave_bottom -c:v libx264 -flags +ildct+ilme -x264-params bff=1 bottom-first.mp4
ff -f lavfi -i "$(lavfi 720x576 50 0.4)" -vf tinterlace=interleave_top -c:v mpeg2video -flags +ildct+ilme -b:v 6M fields.mpg
ff -f lavfi -i "$(lavfi 720x480 24000/1001 1)" -vf telecine -c:v mpeg2video -flags +ildct+ilme -b:v 6M telecined.mkv

# Pictures
# FFmpeg 7 no longer reads the tag, and 5.1 has no such option.
if ffmpeg -hide_banner -h full 2>/dev/null | grep -q -- -display_rotation; then
    ff -display_rotation 90 -i b-frames.mp4 -c copy rotated.mp4
else
    ff -i b-frames.mp4 -c copy -metadata:s:v:0 rotate=90 rotated.mp4
fi
ff -i base.mkv -vf setsar=12/11 -c:v libx264 wide-pixels.mp4
ff -f lavfi -i "$(lavfi 63x47 16 1)" -pix_fmt yuv444p -c:v ffv1 odd-444.mkv
ff -f lavfi -i "$(lavfi 63x47 16 1)" -pix_fmt yuv420p -c:v ffv1 odd-420.mkv
ff -f lavfi -i "$(lavfi 16x16 16 1)" -c:v ffv1 tiny.mkv
for format in yuv411p yuv410p yuv422p yuv440p yuv444p yuv420p10le yuv422p10le yuv444p12le yuv420p16le yuvj420p gray gray10le gray16le gbrp gbrp10le gbrp16le bgr0; do
    ff -f lavfi -i "$src" -pix_fmt "$format" -c:v ffv1 "format-$format.mkv"
done
ff -f lavfi -i "$src" -pix_fmt yuva420p -c:v ffv1 alpha.mkv
ff -f lavfi -i "$src" -pix_fmt rgb24 -c:v rawvideo raw-rgb.avi
ff -f lavfi -i "$src" -pix_fmt uyvy422 -c:v rawvideo raw-uyvy.mov
ff -f lavfi -i "$src" -vf "split[a][b];[a]palettegen[p];[b][p]paletteuse" palette.gif
ff -f lavfi -i "$src" -plays 0 -f apng animated.png
ff -f lavfi -i "$(lavfi 64x64 16 1)" -c:v dvvideo -s 720x576 -r 25 -pix_fmt yuv420p dv.dv
ff -f lavfi -i "$src" -c:v prores_ks -pix_fmt yuv422p10le prores.mov
ff -f lavfi -i "$src" -c:v mjpeg -q:v 3 motion-jpeg.avi
ff -f lavfi -i "$src" -c:v huffyuv huffyuv.avi
ff -f lavfi -i "$src" -pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=error -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc pq.mp4
ff -f lavfi -i "$src" -pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=error -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc hlg.mkv

# Streams
ff -i base.mkv -i tone.wav -map 0:v -map 1:a -map 1:a -c:v libx264 -c:a aac two-sounds.mp4
ff -i base.mkv -itsoffset 0.5 -i tone.wav -map 0:v -map 1:a -c:v libx264 -c:a flac late-sound.mkv
ff -i base.mkv -i tone.wav -map 0:v -map 1:a -t 0.7 -c:v libx264 -c:a flac short.mkv
ff -f lavfi -i "$(lavfi 64x48 16 0.0625)" -frames:v 1 cover.png
ff -i b-frames.mp4 -i cover.png -map 0 -map 1 -c:v:0 copy -c:v:1 png -disposition:v:1 attached_pic cover.mp4
ff -i base.mkv -f lavfi -i "$(lavfi 32x32 16 1.5)" -map 0:v -map 1:v -c:v ffv1 two-films.mkv
printf '1\n00:00:00,200 --> 00:00:01,000\nWords\n' >words.srt
ff -i base.mkv -i words.srt -map 0:v -map 1 -c:v libx264 -c:s srt subtitles.mkv
ff -i base.mkv -c:v libx264 -timecode 01:00:00:00 timecode.mov
printf ';FFMETADATA1\ntitle=Reel\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=One\n' >meta.txt
ff -i base.mkv -i meta.txt -map_metadata 1 -map_chapters 1 -c:v libx264 chapters.mkv
ff -i base.mkv -c:v libx264 -attach words.srt -metadata:s:t mimetype=text/plain attachment.mkv

# What changes midway
ff -f lavfi -i "$(lavfi 64x48 16 0.5)" -c:v libx264 -bsf:v h264_mp4toannexb a.h264
ff -f lavfi -i "$(lavfi 96x64 16 0.5)" -c:v libx264 -bsf:v h264_mp4toannexb b.h264
cat a.h264 b.h264 >size-changes.h264

# Picture sequences
mkdir -p pictures from-five gaps
ff -f lavfi -i "$src" pictures/%04d.png
ff -f lavfi -i "$src" -start_number 5 from-five/%04d.png
ff -f lavfi -i "$src" gaps/%04d.png
rm -f gaps/0007.png
rm -f a.h264 b.h264 cover.png words.srt meta.txt

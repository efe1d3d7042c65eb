# What must come of each film; read by check.sh.
for film in b-frames.mp4 b-pyramid.mkv open-gop.mkv open-gop-h265.mp4 mpeg2-b.mpg packed.avi intra.mov altref.webm av1.mkv; do
    same "$film"
done
for film in edit-list.mp4 offset.mkv negative.mkv no-times.h264 no-times.avi wrapped.ts plain.ts variable.mp4 variable.mkv \
    ntsc-film.mp4 ntsc-90k.mp4 ntsc-60.mkv prime-clock.mp4 slow.mkv fast.mkv one-frame.mkv; do
    same "$film"
done
for film in top-first.mp4 bottom-first.mp4 fields.mpg telecined.mkv wide-pixels.mp4 odd-444.mkv odd-420.mkv tiny.mkv; do
    same "$film"
done
for film in format-*.mkv; do same "$film"; done
same alpha.mkv yuv420p
same raw-rgb.avi gbrp
same raw-uyvy.mov yuv422p
same palette.gif gbrp 11
same animated.png gbrp
same dv.dv
same prores.mov
same motion-jpeg.avi
same huffyuv.avi
same pq.mp4
same hlg.mkv
same pictures/%04d.png gbrp
same from-five/%04d.png gbrp 2 pictures/%04d.png

twice b-frames.mp4 48
twice open-gop.mkv 48
twice edit-list.mp4 34
twice ntsc-film.mp4 72
twice offset.mkv 48
twice one-frame.mkv 2
twice top-first.mp4 50

streams two-sounds.mp4 "audio audio video"
streams late-sound.mkv "audio video"
streams short.mkv "audio video"
streams cover.mp4 "video video"
streams two-films.mkv "video" --drop-streams
refused two-films.mkv "video stream 1"
streams subtitles.mkv "subtitle video"
streams chapters.mkv "video"
streams attachment.mkv "attachment video"

same double-times.mp4 "" 120
# Two recordings, one after the other: 48 frames that go on at their own rate, with their sound.
spliced discontinuity.ts 48

refused size-changes.h264 "size"
refused gaps/%04d.png "is missing"

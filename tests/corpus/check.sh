#!/usr/bin/env bash
# check.sh BUILD WORK: what must come of the films that make.sh makes.
#
# A pass without a stage: as many frames as ffprobe counts, at its times, with FFmpeg's own checksums of each frame in the native
# pixel format. Through interpolate at twice the rate: frames for the whole of the film. Refusals are a sentence that says why.
set -euo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$2
oldfilm=$build/bin/oldfilm
export OLDFILM_PLUGIN_PATH=$build/plugins OMP_WAIT_POLICY=passive
rm -rf "$work"
"$here/make.sh" "$work"
cd "$work"

declare -i files=0 wrong=0
bad() {
    echo "FAILED: $1: $2"
    wrong+=1
}
sums() { ffmpeg -nostdin -v quiet -i "$1" -map "${3:-0:v:0}" ${2:+-pix_fmt "$2"} -fps_mode passthrough -f framemd5 - | grep -v '^#' | awk '{ print $NF }'; }
format_of() { ffprobe -v quiet -select_streams v:0 -show_entries stream=pix_fmt -of csv=p=0 "$1" | head -n 1 | tr -d ,; }
# Times in milliseconds from the first frame on.
times() {
    ffprobe -v quiet -select_streams v:0 -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$1" | tr -d , |
        awk '/^N/ { print "NA" } /^[-0-9]/ { if (n++ == 0) first = $1; printf "%d\n", ($1 - first) * 1000 + 0.5 }'
}
# Whether two lists of times differ by at most TICK milliseconds, where the first has one.
close() {
    paste "$1" "$2" | awk -v tick="$3" '$1 == "NA" { next } !known++ { shift = $2 - $1 }
        { d = $2 - $1 - shift; if (NF != 2 || d > tick || d < -tick) exit 1 }'
}

# same FILE [FORMAT [TICK [TRUTH]]]: a lossless pass is the film itself. FORMAT: the one to compare in, where it can't be the native
# one. TICK: the container's, in milliseconds; times within one of k / rate are taken for that. TRUTH: the film whose frames they are, where FFmpeg alone
# does not read it.
same() {
    files+=1
    [[ -e $1 ]] || { grep -q "$1\$" skipped && echo "not made here: $1" && return; }
    rm -f out.mkv
    if ! "$oldfilm" restore "$1" out.mkv --stage none --progress none 2>log; then
        bad "$1" "$(tail -n 1 log)"
        return
    fi
    local truth=${4:-$1}
    sums "$truth" "${2:-}" >expected
    sums out.mkv "${2:-$(format_of "$1")}" >found
    cmp -s expected found || { bad "$1" "$(wc -l <found) frames of $(wc -l <expected), or other pictures"; return; }
    times "$truth" >expected
    times out.mkv >found
    close expected found "${3:-2}" || bad "$1" "other times: $(paste -sd' ' expected | cut -c1-80) became $(paste -sd' ' found | cut -c1-80)"
}
# twice FILE FRAMES: what interpolate makes of it.
twice() {
    files+=1
    rm -f out.mkv
    if ! "$oldfilm" restore "$1" out.mkv --stage interpolate:fps=2x --codec ffv1 --progress none 2>log; then
        bad "$1, doubled" "$(tail -n 1 log)"
        return
    fi
    [[ $(sums out.mkv | wc -l) == "$2" ]] || bad "$1, doubled" "$(sums out.mkv | wc -l) frames instead of $2"
}
# spliced FILE FRAMES: a clock that jumps; the film goes on at its own rate, and its sound with it.
spliced() {
    files+=1
    rm -f out.mkv
    if ! "$oldfilm" restore "$1" out.mkv --stage none --progress none 2>log; then
        bad "$1" "$(tail -n 1 log)"
        return
    fi
    times out.mkv >found
    awk 'NR > 1 { d = $1 - last; if (d < 61 || d > 64) exit 1 } { last = $1 } END { exit NR != frames }' frames="$2" found ||
        bad "$1" "times: $(paste -sd' ' found | cut -c1-200)"
    local sound
    sound=$(ffprobe -v quiet -select_streams a:0 -show_entries packet=pts_time -of csv=p=0 out.mkv | tr -d , |
        awk 'NR > 1 && ($1 - last > 0.2 || $1 <= last) { exit 1 } { last = $1 } END { printf "%d", last * 10 }') || sound=broken
    ((sound >= 27)) || bad "$1" "its sound ends at $sound tenths of a second"
}
# refused FILE SENTENCE
refused() {
    files+=1
    rm -f out.mkv
    if "$oldfilm" restore "$1" out.mkv --stage none --progress none 2>log; then
        bad "$1" "was not refused"
    fi
    grep -qi "$2" log || bad "$1" "no \"$2\" in: $(tail -n 1 log)"
    [[ ! -e out.mkv ]] || bad "$1" "left an output"
}
# streams FILE KINDS [OPTION]: what the output of a pass holds.
streams() {
    files+=1
    rm -f out.mkv
    "$oldfilm" restore "$1" out.mkv --stage none ${3:+"$3"} --progress none 2>log || { bad "$1" "$(tail -n 1 log)"; return; }
    local found
    found=$(ffprobe -v quiet -show_entries stream=codec_type -of csv=p=0 out.mkv | tr -d , | sort | paste -sd' ')
    [[ $found == "$2" ]] || bad "$1" "holds $found instead of $2"
}

source "$here/table.sh"
echo "corpus: $files films, $wrong not as they must be"
exit $((wrong > 0))

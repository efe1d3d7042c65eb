#pragma once
/// \file
/// What the tests of src/job share.

#include "job/checkpoint.hpp"
#include "media/packet_log.hpp"
#include "run_program.hpp"

#include <filesystem>
#include <string>

namespace oldfilm::test {

/// Three shots of 30, 8 and 300 frames at 25 a second, as `folder`/in.mkv.
inline std::string three_shots(const Scratch& folder) {
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25 -f lavfi -i mandelbrot=size=64x48:rate=25 "
           "-f lavfi -i smptebars=size=64x48:rate=25 -filter_complex "
           "'[0:v]trim=end_frame=30[a];[1:v]trim=end_frame=8[b];[2:v]trim=end_frame=300[c];"
           "[a][b][c]concat=n=3[v]' -map '[v]' -c:v ffv1 in.mkv",
           folder.path());
    return folder.path() / "in.mkv";
}

/// A complete segment of frames [start, next), whose file is on the disk.
inline job::Segment sealed_segment(const job::Checkpoint& checkpoint, std::int64_t number,
                                   std::int64_t start, std::int64_t next) {
    job::Segment segment;
    segment.number = number;
    segment.start = start;
    segment.next = next;
    segment.outputs = next - start;
    segment.film =
        media::PacketLogWriter(job::segment_file(checkpoint.folder(), "film", number)).seal();
    segment.shots = {start};
    segment.film_base = Rational(1, 25);
    segment.resume = {next, Rational(next, 25)};
    return segment;
}

} // namespace oldfilm::test

// Sound as samples, with the times of the pictures.
#include "media_files.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/sound.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace oldfilm;
using Catch::Contains;

namespace {

std::vector<float> all_of(const std::string& path, SoundOptions options = {}) {
    SoundReader reader(path, std::move(options));
    std::vector<float> all;
    std::vector<float> block(1000);
    while (const std::size_t count = reader.read(block)) {
        all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return all;
}

/// The first sample that is louder, in seconds.
double begin_of(const std::vector<float>& samples, double rate = 16'000) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (std::abs(samples[i]) > 0.05F) {
            return static_cast<double>(i) / rate;
        }
    }
    return -1;
}

/// Its arguments; GCC 12 warns of a constant's concatenation.
std::string picture() {
    return "-f lavfi -i color=black:s=64x48:r=25:d=3";
}

} // namespace

TEST_CASE("Samples have the film's times, whatever the codec") {
    const media_files::Folder folder;
    for (const char* coding : {"a.mkv -c:a pcm_s16le -ar 48000 -ac 2", "b.mp4 -c:a aac -ar 44100",
                               "c.mkv -c:a flac -ar 22050 -ac 1"}) {
        const std::string text(coding);
        const std::string name = text.substr(0, text.find(' '));
        media_files::ffmpeg(picture() +
                            " -f lavfi -i aevalsrc='0.5*sin(2*PI*440*t)*gte(t\\,1)':d=3:s=48000 " +
                            text.substr(text.find(' ')) + " -shortest " + (folder / name));
        const std::vector<float> samples = all_of(folder / name);
        CHECK(samples.size() == Approx(48'000).margin(1100));
        CHECK(begin_of(samples) == Approx(1.0).margin(0.002));
        CHECK(std::abs(samples[40'000]) < 0.52F);
    }
    SoundOptions other;
    other.rate = 8000;
    CHECK(begin_of(all_of(folder / "a.mkv", other), 8000) == Approx(1.0).margin(0.002));
}

TEST_CASE("Sound that begins later has silence before it; cleaning keeps times nearly") {
    const media_files::Folder folder;
    media_files::ffmpeg(picture() +
                        " -itsoffset 0.7 -f lavfi -i sine=440:d=1 -map 0 -map 1 -c:a pcm_s16le " +
                        (folder / "late.mkv"));
    CHECK(begin_of(all_of(folder / "late.mkv")) == Approx(0.7).margin(0.003));
    SoundOptions clean;
    clean.clean = true;
    CHECK(begin_of(all_of(folder / "late.mkv", clean)) == Approx(0.7).margin(0.05));
}

TEST_CASE("A file without sound, or that is none, is refused") {
    const media_files::Folder folder;
    media_files::ffmpeg(picture() + " " + (folder / "silent.mkv"));
    CHECK_THROWS_WITH(SoundReader(folder / "silent.mkv"), Contains("has no sound"));
    CHECK_THROWS_AS(SoundReader(folder / "none.mkv"), Error);
    SoundOptions wrong;
    wrong.rate = 10;
    CHECK_THROWS_WITH(SoundReader(folder / "silent.mkv", wrong), Contains("1000 to 192000"));
}

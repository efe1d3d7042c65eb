// Title cards of a film whose text and times are known.
#include "media_files.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/speech.hpp>

#include <ATen/ops/from_blob.h>
#include <catch2/catch.hpp>
#include <opencv2/imgproc.hpp>

#include <atomic>
#include <string>
#include <vector>

using namespace oldfilm;
using Catch::Contains;

namespace {

constexpr int width = 480, height = 360;
using Rows = std::vector<std::string>;

cv::Mat card(const Rows& rows, bool is_bright) {
    cv::Mat made(height, width, CV_32F, cv::Scalar(is_bright ? 0.85 : 0.1));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        cv::putText(made, rows[i], {60, 130 + 50 * static_cast<int>(i)}, cv::FONT_HERSHEY_COMPLEX,
                    1.0, cv::Scalar(is_bright ? 0.1 : 0.75), 2, cv::LINE_AA);
    }
    return made;
}

/// Soft shapes, which move.
cv::Mat scenery(int number) {
    cv::Mat made(height, width, CV_32F);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            made.at<float>(y, x) = static_cast<float>(
                0.5 + 0.2 * std::sin((x + 5 * number) / 40.0) * std::cos(y / 31.0 + number / 3.0) +
                0.2 * std::sin((x - y + 9 * number) / 17.0));
        }
    }
    return made;
}

/// With weave and grain.
cv::Mat aged(const cv::Mat& picture, int number) {
    cv::RNG random(static_cast<std::uint64_t>(number + 1));
    const cv::Mat shift =
        (cv::Mat_<double>(2, 3) << 1, 0, random.gaussian(0.7), 0, 1, random.gaussian(0.7));
    cv::Mat moved;
    cv::warpAffine(picture, moved, shift, picture.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    cv::Mat grain(picture.size(), CV_32F);
    random.fill(grain, cv::RNG::NORMAL, 0, 0.04);
    return moved + grain;
}

struct Part {
    Rows rows; ///< none: scenery
    int frames;
    bool is_bright = false;
};

/// 10 frames a second.
void write(const std::string& path, const std::vector<Part>& parts) {
    WriteOptions options;
    options.frame_rate = Rational(10);
    options.width = width;
    options.height = height;
    options.channels = 1;
    options.codec = "ffv1";
    Writer writer(path, options);
    int number = 0;
    for (const Part& part : parts) {
        for (int i = 0; i < part.frames; ++i, ++number) {
            cv::Mat picture =
                aged(part.rows.empty() ? scenery(number) : card(part.rows, part.is_bright), number);
            FrameInfo info;
            info.index = info.pts = number;
            info.duration = 1;
            info.time_base = Rational(1, 10);
            writer.write(Frame(at::from_blob(picture.data, {1, height, width}).clone(), info));
        }
    }
    writer.finish();
}

} // namespace

TEST_CASE("Title cards become lines with the times of their frames") {
    const media_files::Folder folder;
    write(folder / "a.mkv", {{{}, 8},
                             {{"The old house", "by the river"}, 20},
                             {{"The new house", "on the hill"}, 15, true},
                             {{}, 8}});
    const Transcript found = transcribe(folder / "a.mkv");
    REQUIRE(found.lines.size() == 2);
    CHECK(found.language == "en");
    CHECK(found.lines[0].source == LineSource::title_card);
    CHECK(found.lines[0].text == "The old house\nby the river");
    CHECK(found.lines[0].start == Rational(8, 10));
    CHECK(found.lines[0].end == Rational(28, 10));
    CHECK(found.lines[0].words.size() == 6);
    CHECK(found.lines[0].confidence > 0.8);
    CHECK(found.lines[1].text == "The new house\non the hill");
    CHECK(found.lines[1].start == Rational(28, 10));
    CHECK(found.lines[1].end == Rational(43, 10));
}

TEST_CASE("A transcription that is stopped goes on after its last card") {
    const media_files::Folder folder;
    const std::string film = folder / "a.mkv";
    write(film, {{{"First card"}, 10}, {{}, 4}, {{"Second card"}, 10}, {{}, 30}});
    std::stop_source stop;
    TranscribeOptions options;
    options.journal = folder / "a.journal";
    options.stop = stop.get_token();
    options.progress = [&](const char*, double part) {
        if (part > 0.6) {
            stop.request_stop();
        }
    };
    CHECK_THROWS_AS(transcribe(film, options), Error);
    REQUIRE(std::filesystem::exists(options.journal));
    options.stop = {};
    options.progress = {};
    std::string said;
    options.log = [&said](LogLevel, std::string_view text) { said += text; };
    const Transcript found = transcribe(film, options);
    CHECK_THAT(said, Contains("resuming"));
    REQUIRE(found.lines.size() == 2);
    CHECK(found.lines[0].text == "First card");
    CHECK(found.lines[1].start == Rational(14, 10));
    CHECK_FALSE(std::filesystem::exists(options.journal));
}

TEST_CASE("What cannot be transcribed is refused in a sentence") {
    const media_files::Folder folder;
    write(folder / "a.mkv", {{{}, 12}});
    CHECK(transcribe(folder / "a.mkv").lines.empty());
    TranscribeOptions options;
    options.cards = TranscribeOptions::Choice::off;
    CHECK_THROWS_WITH(transcribe(folder / "a.mkv", options), Contains("has no sound"));
    options.speech = TranscribeOptions::Choice::off;
    CHECK_THROWS_WITH(transcribe(folder / "a.mkv", options), Contains("both are off"));
    options = {};
    options.language = "klingon";
    CHECK_THROWS_WITH(transcribe(folder / "a.mkv", options), Contains("klingon"));
    CHECK_THROWS_WITH(make_recognizer("other", "en"), Contains("pocketsphinx"));
    CHECK_THROWS_WITH(make_recognizer("other", "en"), Contains("oldfilm models add whisper FILE"));
    CHECK_THROWS_WITH(make_recognizer("", "de"), Contains("English"));
    CHECK_THROWS_WITH(make_speech_detector("other"), Contains("spectral"));
}

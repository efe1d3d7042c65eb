// age-film: makes a clean film old, and keeps the truth.
//
// Every picture is made monochrome and smaller, softened and faded, moved in the gate, dirtied,
// exposed unevenly and given grain, in the order in which a film meets them. Beside the aged film
// it writes, where asked: the truth (the source's own frames, at the new rate), the masks (white
// where there is dirt) and the film as it would be without dirt, identical outside the masks.

#include "damage.hpp"
#include "video_pipe.hpp"

#include <CLI/CLI.hpp>
#include <opencv2/imgproc.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>
#include <string>

namespace agefilm {
namespace {

/// Dirt that changes a pixel by less than this cannot be seen, so it is neither drawn nor in the
/// mask.
constexpr double kVisible = 3.0 / 255;

struct Options {
    std::string in, out, truth, masks, undamaged, size, fps = "16";
    std::uint64_t seed = 1;
    int start = 0;
    int frames = std::numeric_limits<int>::max();
    Strengths strength;
};

struct Aged {
    cv::Mat picture, undamaged, mask; ///< 8-bit gray
};

/// Ages frames in order; all of its randomness comes from the seed.
class Ageing {
  public:
    Ageing(cv::Size size, std::uint64_t seed, const Strengths& s)
        : size_(size), strength_(s), weave_(seed, s.weave), flicker_(seed, s.flicker),
          grain_(seed, s.grain), dust_(seed, s.dust), scratches_(seed, s.scratches),
          hairs_(seed, s.hairs), stains_(seed, s.stains) {}

    Aged next(const cv::Mat& bgr) {
        cv::Mat clean = monochrome(bgr);
        fade(clean, strength_.blur, strength_.contrast);
        weave_.apply(clean);
        cv::Mat dirty = clean.clone();
        dirt(dirty);
        const cv::Mat mask = keepVisible(dirty, clean);
        return expose(dirty, clean, mask);
    }

  private:
    cv::Mat monochrome(const cv::Mat& bgr) const {
        cv::Mat gray;
        cv::Mat small;
        cv::cvtColor(bgr, gray, cv::COLOR_BGR2GRAY);
        gray.convertTo(gray, CV_32F, 1.0 / 255);
        cv::resize(gray, small, size_, 0, 0, cv::INTER_AREA);
        return small;
    }

    void dirt(cv::Mat& picture) {
        stains_.apply(picture);
        scratches_.apply(picture);
        hairs_.apply(picture);
        dust_.apply(picture);
    }

    static cv::Mat keepVisible(cv::Mat& dirty, const cv::Mat& clean) {
        cv::Mat change;
        cv::absdiff(dirty, clean, change);
        const cv::Mat mask = change >= kVisible;
        clean.copyTo(dirty, ~mask);
        return mask;
    }

    // Both films get the same exposure and the same grain, so that they agree outside the mask.
    Aged expose(cv::Mat& dirty, cv::Mat& clean, const cv::Mat& mask) {
        flicker_.advance();
        flicker_.apply(dirty);
        flicker_.apply(clean);
        const cv::Mat grain = grain_.next(clean);
        Aged aged;
        cv::Mat(dirty + grain).convertTo(aged.picture, CV_8U, 255);
        cv::Mat(clean + grain).convertTo(aged.undamaged, CV_8U, 255);
        aged.mask = mask;
        return aged;
    }

    cv::Size size_;
    Strengths strength_;
    Weave weave_;
    Flicker flicker_;
    Grain grain_;
    Dust dust_;
    Scratches scratches_;
    Hairs hairs_;
    Stains stains_;
};

cv::Size agedSize(const Options& options, cv::Size source) {
    if (options.size.empty()) {
        return {std::max(2, source.width / 4 * 2), std::max(2, source.height / 4 * 2)};
    }
    cv::Size size;
    int used = 0;
    if (std::sscanf(options.size.c_str(), "%dx%d%n", &size.width, &size.height, &used) != 2 ||
        static_cast<size_t>(used) != options.size.size() || size.width < 1 || size.height < 1) {
        throw std::runtime_error("--size expects WIDTHxHEIGHT, such as 384x288, found '" +
                                 options.size + "'");
    }
    return size;
}

void writeIfAsked(std::optional<VideoWriter>& film, const cv::Mat& picture) {
    if (film) {
        film->write(picture);
    }
}

void closeIfAsked(std::optional<VideoWriter>& film) {
    if (film) {
        film->close();
    }
}

void open(std::optional<VideoWriter>& film, const std::string& path, cv::Size size, int type,
          const std::string& fps) {
    if (!path.empty()) {
        film.emplace(path, size, type, fps);
    }
}

int ageFilm(const Options& options) {
    VideoReader source(options.in, options.start);
    const cv::Size size = agedSize(options, source.size());
    std::optional<VideoWriter> out;
    std::optional<VideoWriter> truth;
    std::optional<VideoWriter> masks;
    std::optional<VideoWriter> undamaged;
    open(out, options.out, size, CV_8UC1, options.fps);
    open(truth, options.truth, source.size(), CV_8UC3, options.fps);
    open(masks, options.masks, size, CV_8UC1, options.fps);
    open(undamaged, options.undamaged, size, CV_8UC1, options.fps);

    Ageing ageing(size, options.seed, options.strength);
    int frames = 0;
    for (cv::Mat bgr; frames < options.frames && source.read(bgr); ++frames) {
        const Aged aged = ageing.next(bgr);
        writeIfAsked(out, aged.picture);
        writeIfAsked(truth, bgr);
        writeIfAsked(masks, aged.mask);
        writeIfAsked(undamaged, aged.undamaged);
    }
    for (auto* film : {&out, &truth, &masks, &undamaged}) {
        closeIfAsked(*film);
    }
    if (frames == 0) {
        throw std::runtime_error(options.in + " holds no frame from frame " +
                                 std::to_string(options.start) + " on");
    }
    std::printf("%d frames of %dx%d at %s fps in %s\n", frames, size.width, size.height,
                options.fps.c_str(), options.out.c_str());
    return 0;
}

void describe(CLI::App& app, Options& o) {
    app.add_option("IN", o.in, "the clean film")->required();
    app.add_option("OUT", o.out, "the aged film (FFV1 in Matroska, gray)")->required();
    app.add_option("--truth", o.truth, "write the clean frames here, in color, at full size");
    app.add_option("--masks", o.masks, "write the dirt's masks here, white where there is any");
    app.add_option("--undamaged", o.undamaged, "write the aged film without its dirt here");
    app.add_option("--seed", o.seed, "the same seed gives the same film")->capture_default_str();
    app.add_option("--size", o.size, "WxH of the aged film (default: half of the source)");
    app.add_option("--fps", o.fps, "frames are kept and played at this rate")
        ->capture_default_str();
    app.add_option("--start", o.start, "frames to skip")->check(CLI::NonNegativeNumber);
    app.add_option("--frames", o.frames, "frames to age at most")->check(CLI::PositiveNumber);

    const auto strength = [&app](const char* name, double& value, const char* help) {
        app.add_option(name, value, help)
            ->check(CLI::Range(0.0, 10.0))
            ->capture_default_str()
            ->group("Strength of each kind of damage (0 is off)");
    };
    strength("--grain", o.strength.grain, "film grain");
    strength("--flicker", o.strength.flicker, "exposure that changes");
    strength("--weave", o.strength.weave, "unsteady pictures");
    strength("--dust", o.strength.dust, "specks that last a frame");
    strength("--scratches", o.strength.scratches, "vertical lines that last");
    strength("--hairs", o.strength.hairs, "thin curved lines");
    strength("--stains", o.strength.stains, "large soft patches");
    strength("--blur", o.strength.blur, "an old lens");
    strength("--contrast", o.strength.contrast, "faded tones");
}

} // namespace
} // namespace agefilm

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // A writer that failed is reported, not died of.
    agefilm::Options options;
    CLI::App app{"Makes a clean film old, with known truth."};
    agefilm::describe(app, options);
    CLI11_PARSE(app, argc, argv);
    try {
        return agefilm::ageFilm(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "age-film: %s\n", error.what());
        return 1;
    }
}

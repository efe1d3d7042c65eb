// Keyframes of colorize: colors that a person paints, on films whose true colors are known.

#include "stage_driver.hpp"

#include <oldfilm/error.hpp>

#include <filesystem>
#include <fstream>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t height = 96, width = 128, object = 40;

/// An empty folder of its own.
class Folder {
  public:
    explicit Folder(const std::string& name) : path_(fs::temp_directory_path() / ("keys-" + name)) {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string stage() const { return "colorize:keyframes=" + path_.string(); }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

  private:
    fs::path path_;
};

/// A frame of a film, as film shows it and in truth.
struct Truth {
    at::Tensor gray; ///< 1 x H x W
    cv::Mat lab;     ///< L, a, b
    [[nodiscard]] cv::Mat bgr() const {
        cv::Mat picture;
        cv::cvtColor(lab, picture, cv::COLOR_Lab2BGR);
        picture.convertTo(picture, CV_8UC3, 255);
        return picture;
    }
};

bool in_object(std::int64_t y, std::int64_t x, std::int64_t left) {
    return y >= 30 && y < 30 + object && x >= left && x < left + object;
}

/// A red thing with a texture of its own moves 3 pixels a frame to the right over a blue ground.
Truth truth(int frame, std::uint64_t seed = 3) {
    const std::int64_t left = 10 + 3 * frame;
    const at::Tensor ground = scene(seed, 1, height, width);
    const at::Tensor thing = scene(seed + 100, 1, object, object) * 0.6 + 0.35;
    Truth made{ground.clone(), cv::Mat(height, width, CV_32FC3)};
    made.gray.narrow(1, 30, object).narrow(2, left, object).copy_(thing);
    cv::Mat gray(height, width, CV_32F, made.gray.data_ptr<float>());
    cv::Mat rgb;
    cv::cvtColor(gray, rgb, cv::COLOR_GRAY2BGR);
    cv::cvtColor(rgb, made.lab, cv::COLOR_BGR2Lab);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            auto& pixel = made.lab.at<cv::Vec3f>(y, x);
            const bool inside = in_object(y, x, left);
            pixel[1] = inside ? 22.0F : -2.0F;
            pixel[2] = inside ? 14.0F : -16.0F;
        }
    }
    return made;
}

std::vector<at::Tensor> film(int first, int count, std::uint64_t seed = 3) {
    return film_of(count, [&](int i) { return truth(first + i, seed).gray; });
}

/// ab of a frame that the stage gave, H x W of two floats.
cv::Mat ab_of(const at::Tensor& picture) {
    const at::Tensor last = picture.permute({1, 2, 0}).contiguous().clamp(0, 1);
    const cv::Mat rgb(height, width, CV_32FC3, last.data_ptr<float>());
    cv::Mat lab;
    cv::cvtColor(rgb, lab, cv::COLOR_RGB2Lab);
    return lab;
}

/// Mean distance in ab of columns `from` to `to`.
double distance(const at::Tensor& a, const cv::Mat& lab, int from = 0, int to = width) {
    const cv::Mat found = ab_of(a);
    double sum = 0;
    for (int y = 0; y < height; ++y) {
        for (int x = from; x < to; ++x) {
            const auto d = found.at<cv::Vec3f>(y, x) - lab.at<cv::Vec3f>(y, x);
            sum += std::hypot(d[1], d[2]);
        }
    }
    return sum / (height * (to - from));
}
double distance(const at::Tensor& a, const at::Tensor& b, int from = 0, int to = width) {
    return distance(a, ab_of(b), from, to);
}

std::string refusal(const std::string& stage) {
    try {
        restored(stage, film(0, 1));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("a keyframe's colors follow motion before it and after it", "[keyframes]") {
    const Folder folder("motion");
    const int painted = GENERATE(0, 7, 13);
    cv::imwrite(folder.file(cv::format("%06d.png", painted)), truth(painted).bgr());
    const std::vector<Frame> out = restored(folder.stage(), film(0, 14));
    REQUIRE(out.size() == 14);
    for (int i = 0; i < 14; ++i) {
        CAPTURE(painted, i);
        // Gray is 16 to 26 away. What the thing covers in the keyframe is found by its looks.
        CHECK(distance(out[static_cast<std::size_t>(i)].picture(), truth(i).lab) < 4.0);
    }
    CHECK(distance(out[static_cast<std::size_t>(painted)].picture(), truth(painted).lab) < 0.6);
}

TEST_CASE("two keyframes blend without a seam", "[keyframes]") {
    const Folder folder("two");
    cv::imwrite(folder.file("0.png"), truth(0).bgr());
    cv::imwrite(folder.file("00-00-00.750.png"), truth(12).bgr()); // frame 12 at 16 a second
    const std::vector<Frame> out = restored(folder.stage(), film(0, 13));
    for (int i = 0; i < 13; ++i) {
        CAPTURE(i);
        CHECK(distance(out[static_cast<std::size_t>(i)].picture(), truth(i).lab) < 2.0);
    }
}

TEST_CASE("no keyframe reaches over a cut, and a shot depends on nothing else", "[keyframes]") {
    const Folder folder("cut");
    cv::imwrite(folder.file("000003.png"), truth(3).bgr());
    std::vector<at::Tensor> both = film(0, 6);
    const std::vector<at::Tensor> other = film_of(6, [](int i) {
        const at::Tensor x = at::arange(width, at::kFloat).view({1, 1, width});
        return (x * 1.1 + i).sin().mul(0.4).add(0.5).expand({1, height, width}).contiguous();
    });
    both.insert(both.end(), other.begin(), other.end());
    const std::vector<Frame> out = restored(folder.stage(), both);
    const std::vector<Frame> first = restored(folder.stage(), film(0, 6));
    const std::vector<Frame> plain = restored("colorize", other);
    REQUIRE(out[6].info().shot == 1);
    for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        CHECK(out[i].picture().equal(first[i].picture()));
        CHECK(distance(out[6 + i].picture(), plain[i].picture()) < 4.0);
    }
}

TEST_CASE("transparent parts of a keyframe say nothing, gray ones mean gray", "[keyframes]") {
    const Folder folder("alpha");
    cv::Mat painted;
    cv::cvtColor(truth(0).bgr(), painted, cv::COLOR_BGR2BGRA);
    SECTION("all of it transparent") {
        painted.forEach<cv::Vec4b>([](cv::Vec4b& pixel, const int*) { pixel[3] = 0; });
        cv::imwrite(folder.file("000000.png"), painted);
        const at::Tensor out = restored(folder.stage(), film(0, 3))[1].picture();
        CHECK(distance(out, restored("colorize", film(0, 3))[1].picture()) < 0.5);
    }
    SECTION("the left half opaque, a second picture for the right half") {
        painted.colRange(64, 128).setTo(cv::Scalar(0, 255, 0, 0));
        cv::imwrite(folder.file("000000.png"), painted);
        cv::cvtColor(truth(2).bgr(), painted, cv::COLOR_BGR2BGRA);
        painted.colRange(0, 60).setTo(cv::Scalar(0, 255, 0, 0));
        cv::imwrite(folder.file("000002.png"), painted);
        const std::vector<Frame> out = restored(folder.stage(), film(0, 3));
        CHECK(distance(out[0].picture(), truth(0).lab) < 1.5);
        CHECK(distance(out[1].picture(), truth(1).lab) < 2.0);
        CHECK(distance(out[2].picture(), truth(2).lab) < 1.5);
    }
    SECTION("gray") {
        cv::Mat gray = truth(0).lab.clone();
        gray.forEach<cv::Vec3f>([](cv::Vec3f& pixel, const int*) { pixel[1] = pixel[2] = 0; });
        cv::imwrite(folder.file("000000.png"), Truth{{}, gray}.bgr());
        const at::Tensor out = restored(folder.stage(), film(0, 3))[1].picture();
        CHECK(distance(out, gray) < 0.7);
    }
}

TEST_CASE("a run with keyframes begins at the cut, and is the same each time", "[keyframes]") {
    const Folder folder("again");
    cv::imwrite(folder.file("000001.png"), truth(1).bgr());
    PipelineOptions options;
    options.device = "cpu";
    options.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
    Pipeline pipeline(options);
    pipeline.add(folder.stage());
    StreamFormat format;
    format.channels = 1;
    format.height = height;
    format.width = width;
    format.rate = 16;
    const Plan plan = pipeline.plan(format);
    CHECK(plan.first_frame_needed_for(400, 20) == 20);
    const std::string before = plan.to_json();
    const std::vector<Frame> once = restored(folder.stage(), film(0, 4));
    const std::vector<Frame> again = restored(folder.stage(), film(0, 4));
    for (std::size_t i = 0; i < once.size(); ++i) {
        CHECK(once[i].picture().equal(again[i].picture()));
    }
    // Another painting is another plan: no job goes on with it.
    cv::imwrite(folder.file("000001.png"), truth(2).bgr());
    CHECK(pipeline.plan(format).to_json() != before);
}

TEST_CASE("keyframes that say nothing are refused with what was expected", "[keyframes]") {
    const Folder folder("errors");
    CHECK_THAT(refusal("colorize:keyframes=/nowhere"), Catch::Contains("expected a folder"));
    CHECK_THAT(refusal(folder.stage()), Catch::Contains("oldfilm keyframes"));
    SECTION("a name without a number") {
        cv::imwrite(folder.file("cover.png"), truth(0).bgr());
        CHECK_THAT(refusal(folder.stage()),
                   Catch::Contains("cover.png") && Catch::Contains("000120.png"));
    }
    SECTION("another aspect") {
        cv::imwrite(folder.file("0.png"), truth(0).bgr().colRange(0, 90));
        CHECK_THAT(refusal(folder.stage()), Catch::Contains("90x96") && Catch::Contains("128x96"));
    }
    SECTION("two for one frame") {
        cv::imwrite(folder.file("0.png"), truth(0).bgr());
        cv::imwrite(folder.file("000000.png"), truth(0).bgr());
        CHECK_THAT(refusal(folder.stage()), Catch::Contains("one frame"));
    }
    SECTION("two for one frame, one of them by time") {
        cv::imwrite(folder.file("0.png"), truth(0).bgr());
        cv::imwrite(folder.file("00-00-00.png"), truth(0).bgr());
        CHECK_THAT(refusal(folder.stage()), Catch::Contains("both for frame 0"));
    }
    SECTION("no picture") {
        std::ofstream(folder.file("0.png")) << "none";
        CHECK_THAT(refusal(folder.stage()), Catch::Contains("cannot be read as a picture"));
    }
    SECTION("larger pictures of the same aspect are welcome") {
        cv::Mat large;
        cv::resize(truth(0).bgr(), large, {}, 2, 2);
        cv::imwrite(folder.file("frame-0.png"), large);
        CHECK(refusal(folder.stage()).empty());
    }
}

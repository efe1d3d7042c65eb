// The plain C API: codes and sentences, ownership of frames, structs of another size.
#include <oldfilm/oldfilm.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Catch::Contains;

constexpr std::int64_t height = 12;
constexpr std::int64_t width = 16;

std::atomic<int> released{0};

/// A picture on the heap, all of one value; given unless `lent`.
class Picture {
  public:
    explicit Picture(float value, bool lent = false)
        : samples_(new std::vector<float>(height * width, value)), lent_(lent) {
        c_.data = samples_->data();
        c_.device_type = OLDFILM_CPU;
        c_.dtype = OLDFILM_FLOAT32;
        c_.ndim = 3;
        const std::array<std::int64_t, 3> shape{1, height, width};
        const std::array<std::int64_t, 3> strides{height * width, width, 1};
        std::copy(shape.begin(), shape.end(), c_.shape);
        std::copy(strides.begin(), strides.end(), c_.strides);
        if (!lent) {
            c_.owner = samples_;
            c_.release = [](void* owner, void* /*stream*/) {
                ++released;
                delete static_cast<std::vector<float>*>(owner); // NOLINT: as a C program would
            };
        }
    }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    ~Picture() {
        if (lent_) {
            delete samples_; // NOLINT
        }
    }
    oldfilm_tensor& c() { return c_; }
    std::vector<float>& samples() { return *samples_; }

  private:
    std::vector<float>* samples_;
    bool lent_;
    oldfilm_tensor c_{};
};

oldfilm_frame frame(Picture& picture, std::int64_t pts) {
    oldfilm_frame c{};
    c.size = sizeof(c);
    c.picture = &picture.c();
    c.pts = pts;
    c.duration = 1;
    c.time_base = {1, 16};
    return c;
}

oldfilm_format format() {
    oldfilm_format c{};
    c.size = sizeof(c);
    c.channels = 1;
    c.height = height;
    c.width = width;
    c.rate = {16, 1};
    return c;
}

/// A run of a pipeline without stages, and what it is made of.
class Run {
  public:
    Run() {
        REQUIRE(oldfilm_pipeline_from_json(R"({"oldfilm": 1, "device": "cpu", "stages": []})",
                                           nullptr, &pipeline_) == OLDFILM_OK);
        const oldfilm_format input = format();
        REQUIRE(oldfilm_run_start(pipeline_, &input, nullptr, &run_) == OLDFILM_OK);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        oldfilm_run_free(run_);
        oldfilm_pipeline_free(pipeline_);
    }
    oldfilm_run* c() { return run_; }
    /// The next frame's first sample and its pts; -1 and -1 at the end, or when starved.
    std::pair<float, std::int64_t> next() {
        oldfilm_output output{};
        output.size = sizeof(output);
        std::int32_t state = -1;
        REQUIRE(oldfilm_run_next(run_, &output, &state) == OLDFILM_OK);
        if (state != OLDFILM_NEXT_FRAME) {
            return {-1.0F, -1};
        }
        const float first = *static_cast<const float*>(output.picture.data);
        CHECK(output.picture.ndim == 3);
        CHECK(output.picture.impl == nullptr);
        CHECK(output.mask.data == nullptr);
        CHECK(output.time_base.den == 16);
        output.picture.release(output.picture.owner, nullptr);
        return {first, output.pts};
    }

  private:
    oldfilm_pipeline* pipeline_ = nullptr;
    oldfilm_run* run_ = nullptr;
};

} // namespace

TEST_CASE("a call that fails says why, for its thread alone") {
    oldfilm_pipeline* pipeline = nullptr;
    CHECK(oldfilm_pipeline_from_json("{", nullptr, &pipeline) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK(pipeline == nullptr);
    const std::string here = oldfilm_last_error();
    CHECK_FALSE(here.empty());
    std::thread([] {
        CHECK(std::string(oldfilm_last_error()).empty());
        oldfilm_pipeline* other = nullptr;
        CHECK(oldfilm_pipeline_preset("no-such-preset", &other) == OLDFILM_ERROR_NOT_FOUND);
        CHECK_THAT(oldfilm_last_error(), Contains("no-such-preset"));
    }).join();
    CHECK(here == oldfilm_last_error());
}

TEST_CASE("null where there must be something is an invalid argument that is named") {
    CHECK(oldfilm_pipeline_from_json(nullptr, nullptr, nullptr) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK_THAT(oldfilm_last_error(), Contains("json"));
    CHECK(oldfilm_restore("a", "b", nullptr, nullptr, nullptr, nullptr) ==
          OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK_THAT(oldfilm_last_error(), Contains("pipeline"));
    CHECK(oldfilm_run_push(nullptr, nullptr, nullptr) == OLDFILM_ERROR_INVALID_ARGUMENT);
    oldfilm_run_free(nullptr);
    oldfilm_run_cancel(nullptr);
    oldfilm_pipeline_free(nullptr);
    oldfilm_text_free(nullptr);
}

TEST_CASE("pipelines and plans are JSON") {
    oldfilm_pipeline* pipeline = nullptr;
    REQUIRE(oldfilm_pipeline_from_json(
                R"({"oldfilm": 1, "device": "cpu", "stages": [{"id": "deflicker"}]})", nullptr,
                &pipeline) == OLDFILM_OK);
    char* text = nullptr;
    REQUIRE(oldfilm_pipeline_to_json(pipeline, &text) == OLDFILM_OK);
    CHECK(nlohmann::json::parse(text).at("stages").size() == 1);
    oldfilm_text_free(text);
    const oldfilm_format input = format();
    REQUIRE(oldfilm_pipeline_plan(pipeline, &input, &text) == OLDFILM_OK);
    CHECK(nlohmann::json::parse(text).at("stages").at(0).at("id") == "org.oldfilm.deflicker");
    oldfilm_text_free(text);
    oldfilm_format wrong = input;
    wrong.channels = 2;
    CHECK(oldfilm_pipeline_plan(pipeline, &wrong, &text) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK_THAT(oldfilm_last_error(), Contains("channels"));
    oldfilm_pipeline_free(pipeline);
}

TEST_CASE("frames go in and come out, and each picture is given back once") {
    released = 0;
    constexpr int count = 40;
    int got = 0;
    {
        Run run;
        const auto take = [&] {
            const auto [first, pts] = run.next();
            if (pts >= 0) {
                CHECK(pts == got);
                CHECK(first == 0.01F * static_cast<float>(got));
                ++got;
            }
            return pts >= 0;
        };
        bool was_full = false;
        for (int i = 0; i < count; ++i) {
            Picture picture(0.01F * static_cast<float>(i));
            const oldfilm_frame c = frame(picture, i);
            std::int32_t accepted = 0;
            REQUIRE(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_OK);
            while (accepted == 0) {
                was_full = true;
                CHECK(picture.samples().size() == height * width); // still ours
                REQUIRE(take());
                REQUIRE(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_OK);
            }
        }
        CHECK(was_full);
        REQUIRE(oldfilm_run_finish(run.c()) == OLDFILM_OK);
        while (take()) {
        }
    }
    CHECK(got == count);
    CHECK(released == count);
}

TEST_CASE("a picture that is lent is copied, and one that is refused stays the caller's") {
    released = 0;
    Run run;
    std::int32_t accepted = -1;
    {
        Picture lent(0.5F, true);
        const oldfilm_frame c = frame(lent, 0);
        REQUIRE(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_OK);
        REQUIRE(accepted == 1);
        std::fill(lent.samples().begin(), lent.samples().end(), 0.0F);
    }
    Picture wrong(0.5F);
    wrong.c().shape[1] = height / 2; // not the size that the run was started for
    oldfilm_frame c = frame(wrong, 1);
    CHECK(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_ERROR_FORMAT_MISMATCH);
    wrong.c().shape[1] = height;
    wrong.c().strides[2] = -1;
    CHECK(oldfilm_run_push(run.c(), &c, &accepted) != OLDFILM_OK);
    wrong.c().strides[2] = 1;
    c.time_base = {0, 1};
    CHECK(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK_THAT(oldfilm_last_error(), Contains("time base"));
    c.size = 8; // as of a caller that knows no picture
    CHECK(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK(released == 0);
    c = frame(wrong, 1);
    REQUIRE(oldfilm_run_push(run.c(), &c, &accepted) == OLDFILM_OK);
    REQUIRE(oldfilm_run_finish(run.c()) == OLDFILM_OK);
    CHECK(run.next() == std::pair<float, std::int64_t>(0.5F, 0));
    CHECK(run.next().second == 1);
    CHECK(run.next().second == -1);
}

TEST_CASE("what lies beyond a caller's size is not written") {
    Run run;
    oldfilm_progress progress{};
    progress.size = offsetof(oldfilm_progress, seconds);
    progress.seconds = 4711;
    progress.frames_in = 4711;
    REQUIRE(oldfilm_run_progress(run.c(), &progress) == OLDFILM_OK);
    CHECK(progress.size == offsetof(oldfilm_progress, seconds));
    CHECK(progress.frames_in == 0);
    CHECK(progress.seconds == 4711);
    oldfilm_format output{};
    output.size = sizeof(output);
    REQUIRE(oldfilm_run_output(run.c(), &output) == OLDFILM_OK);
    CHECK(output.width == width);
    CHECK(output.rate.num == 16);
    oldfilm_output small{};
    std::int32_t state = -1;
    CHECK(oldfilm_run_next(run.c(), &small, &state) == OLDFILM_ERROR_INVALID_ARGUMENT);
    CHECK_THAT(oldfilm_last_error(), Contains("size"));
}

TEST_CASE("a run that is canceled ends with that code") {
    Run run;
    oldfilm_run_cancel(run.c());
    oldfilm_output output{};
    output.size = sizeof(output);
    std::int32_t state = -1;
    CHECK(oldfilm_run_next(run.c(), &output, &state) == OLDFILM_ERROR_CANCELLED);
}

TEST_CASE("options of restore are a JSON object without unknown members") {
    oldfilm_pipeline* pipeline = nullptr;
    REQUIRE(oldfilm_pipeline_from_json(R"({"oldfilm": 1, "stages": []})", nullptr, &pipeline) ==
            OLDFILM_OK);
    const auto refused = [&](const char* options, const char* word) {
        CHECK(oldfilm_restore("/nonexistent/in.mkv", "/nonexistent/out.mkv", pipeline, options,
                              nullptr, nullptr) == OLDFILM_ERROR_INVALID_ARGUMENT);
        CHECK_THAT(oldfilm_last_error(), Contains(word));
    };
    refused(R"({"codek": "ffv1"})", "codek");
    refused(R"({"crf": "sixteen"})", "JSON");
    refused("[1, 2]", "JSON");
    refused("{", "JSON");
    refused(R"({"start": "soon"})", "soon");
    refused(R"({"deinterlace": "often"})", "often");
    refused(R"({"decide_by_shot": "colorize"})", "JSON");
    for (const char* options :
         {R"({"codec": "ffv1"})", R"({"deinterlace": "auto", "film_frames": true})",
          R"({"shot_list": "", "decide_by_shot": ["colorize"]})"}) {
        CHECK(oldfilm_restore("/nonexistent/in.mkv", "out.mkv", pipeline, options, nullptr,
                              nullptr) == OLDFILM_ERROR_NOT_FOUND);
    }
    oldfilm_pipeline_free(pipeline);
}

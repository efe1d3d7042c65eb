// What crosses between host and plugin: errors, threads, ownership, and answers that make no sense.
// The stages are written against <oldfilm/plugin.h> alone (plain_stage.hpp).
#include "base/sidecar.hpp"
#include "pipeline/run_spec.hpp"
#include "plain_stage.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {
thread_local bool no_memory = false; ///< of this thread's `new`
} // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
    void* memory = no_memory ? nullptr : std::malloc(bytes);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    std::free(memory);
}

namespace {

/// The `Error` that ends the film.
Error ended(const Pipeline& pipeline, const std::vector<Frame>& film = noise(3)) {
    try {
        pulled(pipeline, film);
    } catch (const Error& error) {
        return error;
    }
    FAIL("the film came through");
    throw;
}

/// How many threads are in one place at a time. Who is alone there waits a little for others.
class Meeting {
  public:
    void visit() {
        std::unique_lock lock(mutex_);
        most_ = std::max(most_, ++here_);
        changed_.notify_all();
        changed_.wait_for(lock, std::chrono::milliseconds(150), [this] { return most_ > 1; });
        --here_;
    }
    [[nodiscard]] int most() const { return most_; }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int here_ = 0, most_ = 0;
};

/// `work` on two threads that begin together.
template <class Work>
void twice_at_once(const Work& work) {
    std::atomic<int> ready{0};
    const auto one = [&](int number) {
        ++ready;
        while (ready < 2) {
        }
        work(number);
    };
    std::thread other(one, 1);
    one(0);
    other.join();
}

std::atomic<bool> escaped{false};

/// What `offered` offers.
std::optional<oldfilm_stage_analysis> analysis_offered;
std::optional<oldfilm_stage_live> live_offered;

const void* offered(const oldfilm_plugin_description* /*plugin*/, const char* id) {
    const std::string_view wanted(id);
    return wanted == OLDFILM_EXT_ANALYSIS && analysis_offered ? &*analysis_offered
           : wanted == OLDFILM_EXT_LIVE && live_offered ? static_cast<const void*>(&*live_offered)
                                                        : nullptr;
}

oldfilm_stage_analysis plain_analysis() {
    return {sizeof(oldfilm_stage_analysis),
            [](oldfilm_stage*, const oldfilm_frame*) -> std::int32_t { return OLDFILM_OK; },
            [](oldfilm_stage*, const char**) -> std::int32_t { return OLDFILM_OK; },
            [](oldfilm_stage*, const char*) -> std::int32_t { return OLDFILM_OK; }};
}

oldfilm_stage_live plain_live() {
    return {sizeof(oldfilm_stage_live),
            [](oldfilm_stage*, const oldfilm_value*) -> std::int32_t { return OLDFILM_OK; }};
}

class Steady final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override { request.pass_through(); }
};

} // namespace

// ---- Errors -----------------------------------------------------------------------------------

TEST_CASE("what the program's log throws does not cross to the plugin") {
    static oldfilm_plugin_description d = plain_stage("talks");
    escaped = false;
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const* requests,
                   std::uint32_t count) -> std::int32_t {
        try {
            service<oldfilm_host_log>(stage, OLDFILM_EXT_LOG)
                ->write(stage->host, OLDFILM_LOG_WARNING, "a scratch");
            service<oldfilm_host_log>(stage, OLDFILM_EXT_LOG)
                ->write(stage->host, OLDFILM_LOG_WARNING, nullptr);
        } catch (...) {
            escaped = true;
        }
        return leave(stage, requests, count);
    };
    PipelineOptions options = on_cpu();
    int lines = 0;
    options.log = [&](LogLevel /*level*/, std::string_view line) {
        ++lines;
        CHECK(line.rfind("talks: ", 0) == 0);
        throw std::runtime_error("the disk is full");
    };
    CHECK(pulled(through(d, options), noise(3)).size() == 3);
    CHECK(lines == 6);
    CHECK_FALSE(escaped);
}

TEST_CASE("a stage that fails for want of memory says so, though no memory is left for the words") {
    static oldfilm_plugin_description d = plain_stage("poor");
    escaped = false;
    static std::int32_t status = 0;
    status = OLDFILM_OK;
    const bool asks = GENERATE(true, false);
    static bool asks_host = false;
    asks_host = asks;
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const*,
                   std::uint32_t) -> std::int32_t {
        const auto* tensors = service<oldfilm_host_tensor>(stage, OLDFILM_EXT_TENSOR);
        const std::string sentence(1000, 'x');
        const std::array<std::int64_t, 1> shape{16};
        oldfilm_tensor tensor{};
        no_memory = true;
        try {
            if (asks_host) {
                status = tensors->allocate(stage->host, OLDFILM_FLOAT32, 1, shape.data(), &tensor);
            } else {
                stage->host->fail(stage->host, sentence.c_str());
                status = OLDFILM_OUT_OF_MEMORY;
            }
        } catch (...) {
            escaped = true;
        }
        no_memory = false;
        return status;
    };
    const Error error = ended(through(d));
    CHECK_FALSE(escaped);
    CHECK(status == OLDFILM_OUT_OF_MEMORY);
    CHECK(error.code() == Errc::out_of_memory);
    CHECK_THAT(error.what(), Catch::Contains("poor"));
}

TEST_CASE("an analysis that is no JSON is refused where it was made, by the stage's name") {
    static oldfilm_plugin_description d = plain_stage("mumbles");
    static const char* found = nullptr;
    found = GENERATE("{\"gain\": ", "", "nan", "{\"a\": 1} {", "\"\xff\"");
    d.configure = [](oldfilm_stage*, const oldfilm_format*, const oldfilm_value*,
                     oldfilm_config* config) -> std::int32_t {
        config->analysis_frames = 2;
        return OLDFILM_OK;
    };
    analysis_offered = plain_analysis();
    analysis_offered->finish = [](oldfilm_stage*, const char** json) -> std::int32_t {
        *json = found;
        return OLDFILM_OK;
    };
    d.get_extension = offered;
    CAPTURE(found);
    const Error error = ended(through(d));
    CHECK(error.code() == Errc::stage_failed);
    CHECK_THAT(error.what(), Catch::Contains("mumbles") && Catch::Contains("JSON"));
}

TEST_CASE("an earlier run's analysis that is no JSON is refused at the start") {
    static const oldfilm_plugin_description d = plain_stage("rests");
    pipeline::ResumePoint from;
    from.analysis = {GENERATE("{", "[]", R"({"number": "one", "shot": 0, "found": 1})")};
    const Pipeline pipeline = through(d);
    try {
        const Run run = pipeline::start(pipeline.plan(format_of(noise(1).front())), {}, from);
        FAIL("it started");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::invalid_argument);
        CHECK_THAT(error.what(), Catch::Contains("analysis"));
    }
}

TEST_CASE("an exception that a plugin lets out ends the run as the stage's failure") {
    static oldfilm_plugin_description d = plain_stage("bursts");
    static bool is_standard = false;
    is_standard = GENERATE(true, false);
    d.process = [](oldfilm_stage*, const oldfilm_request* const*, std::uint32_t) -> std::int32_t {
        if (is_standard) {
            throw std::runtime_error("no such file");
        }
        throw 7; // NOLINT
    };
    const Error error = ended(through(d));
    CHECK(error.code() == Errc::stage_failed);
    CHECK_THAT(error.what(), Catch::Contains("bursts") && Catch::Contains("exception"));
}

TEST_CASE("the host refuses tensors that no plugin can be told of") {
    static oldfilm_plugin_description d = plain_stage("asks");
    static std::int32_t dtype = 0, ndim = 0;
    static const std::int64_t* shape = nullptr;
    static const std::array<std::int64_t, 6> ones{1, 1, 1, 1, 1, 1};
    static const std::array<std::int64_t, 1> negative{-1};
    struct Case {
        std::int32_t dtype, ndim;
        const std::int64_t* shape;
    };
    const Case one =
        GENERATE(Case{OLDFILM_FLOAT32, 6, ones.data()}, Case{9, 1, ones.data()},
                 Case{OLDFILM_FLOAT32, -1, ones.data()}, Case{OLDFILM_FLOAT32, 1, nullptr},
                 Case{OLDFILM_FLOAT32, 1, negative.data()});
    dtype = one.dtype;
    ndim = one.ndim;
    shape = one.shape;
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const*,
                   std::uint32_t) -> std::int32_t {
        oldfilm_tensor tensor{};
        const std::int32_t status = service<oldfilm_host_tensor>(stage, OLDFILM_EXT_TENSOR)
                                        ->allocate(stage->host, dtype, ndim, shape, &tensor);
        return status == OLDFILM_OK ? OLDFILM_CANCELLED : status;
    };
    CAPTURE(dtype, ndim);
    const Error error = ended(through(d));
    CHECK(error.code() == Errc::stage_failed);
    CHECK_THAT(error.what(), Catch::Contains("asks") && Catch::Contains("tensor"));
}

// ---- Threads ----------------------------------------------------------------------------------

TEST_CASE("a plugin's threads may log and fail together") {
    static oldfilm_plugin_description d = plain_stage("busy");
    static bool fails = false;
    fails = GENERATE(false, true);
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const* requests,
                   std::uint32_t count) -> std::int32_t {
        twice_at_once([stage](int number) {
            if (!fails) {
                service<oldfilm_host_log>(stage, OLDFILM_EXT_LOG)
                    ->write(stage->host, OLDFILM_LOG_INFO, "news");
            }
            const std::string sentence(300, number == 0 ? 'a' : 'b');
            for (int i = 0; fails && i < 2000; ++i) {
                stage->host->fail(stage->host, sentence.c_str());
            }
        });
        return fails ? OLDFILM_FAILED : leave(stage, requests, count);
    };
    Meeting meeting;
    PipelineOptions options = on_cpu();
    options.log = [&](LogLevel /*level*/, std::string_view /*text*/) { meeting.visit(); };
    if (!fails) {
        CHECK(pulled(through(d, options), noise(1)).size() == 1);
        CHECK(meeting.most() == 1);
        return;
    }
    const Error error = ended(through(d, options));
    CHECK_THAT(error.what(),
               Catch::EndsWith(std::string(300, 'a')) || Catch::EndsWith(std::string(300, 'b')));
}

TEST_CASE("runs of one pipeline tell its log one at a time") {
    static oldfilm_plugin_description d = plain_stage("talks");
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const* requests,
                   std::uint32_t count) -> std::int32_t {
        service<oldfilm_host_log>(stage, OLDFILM_EXT_LOG)
            ->write(stage->host, OLDFILM_LOG_INFO, "news");
        return leave(stage, requests, count);
    };
    Meeting meeting;
    PipelineOptions options = on_cpu();
    options.log = [&](LogLevel /*level*/, std::string_view /*text*/) { meeting.visit(); };
    const Pipeline pipeline = through(d, options);
    twice_at_once([&](int) { pulled(pipeline, noise(1)); });
    CHECK(meeting.most() == 1);
}

TEST_CASE("stages of a single-threaded plugin are never called at the same time") {
    static oldfilm_plugin_description d = plain_stage("alone");
    d.threading = GENERATE(0, 1); // OLDFILM_ONE_THREAD, OLDFILM_PER_STAGE
    static Meeting* place = nullptr;
    Meeting meeting;
    place = &meeting;
    static const char* where = nullptr;
    where = GENERATE("create", "configure", "process", "destroy");
    const auto at = [](const char* name) { return std::string(where) == name; };
    static decltype(at) visited = at;
    static const oldfilm_plugin_description usual = plain_stage("usual");
    d.create = [](const oldfilm_host* host, oldfilm_stage** stage) -> std::int32_t {
        if (visited("create")) {
            place->visit();
        }
        return usual.create(host, stage);
    };
    d.configure = [](oldfilm_stage*, const oldfilm_format*, const oldfilm_value*,
                     oldfilm_config*) -> std::int32_t {
        if (visited("configure")) {
            place->visit();
        }
        return OLDFILM_OK;
    };
    d.process = [](oldfilm_stage* stage, const oldfilm_request* const* requests,
                   std::uint32_t count) -> std::int32_t {
        if (visited("process")) {
            place->visit();
        }
        return leave(stage, requests, count);
    };
    d.destroy = [](oldfilm_stage* stage) {
        if (visited("destroy")) {
            place->visit();
        }
        usual.destroy(stage);
    };
    CAPTURE(where, d.threading);
    twice_at_once([&](int) { // pipelines of their own: nothing but the plugin is shared
        CHECK(pulled(through(d), noise(1)).size() == 1);
    });
    CHECK(meeting.most() == (d.threading == OLDFILM_ONE_THREAD ? 1 : 2));
}

// ---- Answers ----------------------------------------------------------------------------------

TEST_CASE("answers to configure that add up to too much are refused") {
    static oldfilm_plugin_description d = plain_stage("greedy");
    analysis_offered = plain_analysis();
    d.get_extension = offered;
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
    static oldfilm_config answer{};
    answer = {};
    const std::string what =
        GENERATE("batch", "analysis_frames", "warm_up", "before", "height", "width", "state");
    (what == "batch"             ? answer.batch
     : what == "analysis_frames" ? answer.analysis_frames
     : what == "before"          ? answer.before
     : what == "state"           ? answer.state
                                 : answer.warm_up) = most;
    answer.height = what == "height" ? std::numeric_limits<std::int64_t>::max() / 8 : 0;
    answer.width = what == "width" ? std::numeric_limits<std::int64_t>::max() / 8 : 0;
    d.configure = [](oldfilm_stage*, const oldfilm_format*, const oldfilm_value*,
                     oldfilm_config* config) -> std::int32_t {
        config->batch = std::max(answer.batch, 1);
        config->analysis_frames = answer.analysis_frames;
        config->before = answer.before;
        config->state = answer.state == 0 ? OLDFILM_WARM_UP : answer.state;
        config->warm_up = answer.warm_up;
        config->height = answer.height > 0 ? answer.height : config->height;
        config->width = answer.width > 0 ? answer.width : config->width;
        return OLDFILM_OK;
    };
    CAPTURE(what);
    const Pipeline pipeline = through(d);
    try {
        const Run run = pipeline.start(format_of(noise(1).front()));
        FAIL("it started");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::stage_failed);
        CHECK_THAT(error.what(),
                   Catch::Contains("greedy") &&
                       Catch::Contains(what == "height" || what == "width" ? "sides" : what));
    }
}

TEST_CASE("an extension of a plugin is complete, or the plugin is refused") {
    static oldfilm_plugin_description d = plain_stage("forgets");
    analysis_offered = plain_analysis();
    live_offered = plain_live();
    d.get_extension = offered;
    CHECK_NOTHROW(through(d));
    const auto refused = [](const char* word) {
        try {
            through(d);
            FAIL("it was taken without " << word);
        } catch (const Error& error) {
            CHECK(error.code() == Errc::incompatible);
            CHECK_THAT(error.what(), Catch::Contains(word));
        }
    };
    analysis_offered->restore = nullptr;
    refused("restore");
    analysis_offered = plain_analysis();
    analysis_offered->size = 8;
    refused("analysis");
    analysis_offered.reset();
    CHECK_NOTHROW(through(d)); // none of it, or all
    live_offered->change = nullptr;
    refused("change");
    live_offered.reset();
    d.get_extension = [](const oldfilm_plugin_description*, const char*) -> const void* {
        throw std::runtime_error("no such thing");
    };
    refused("get_extension");
    d.get_extension = nullptr;
    CHECK_NOTHROW(through(d));
}

TEST_CASE("extensions and descriptions that are longer than this host's are taken") {
    struct Longer {
        oldfilm_stage_live now;
        void (*later)();
    };
    static Longer longer{plain_live(), nullptr};
    longer.now.size = sizeof(longer);
    static oldfilm_plugin_description d = plain_stage("newer");
    d.size = sizeof(d) + 64;
    d.get_extension = [](const oldfilm_plugin_description*, const char* id) -> const void* {
        return std::string_view(id) == OLDFILM_EXT_LIVE ? &longer : nullptr;
    };
    CHECK(pulled(through(d), noise(3)).size() == 3);
}

TEST_CASE("a host takes plugins that need any minor version up to its own") {
    CHECK(base::why_refused({2, 0}, {2, 3}).empty());
    CHECK(base::why_refused({2, 3}, {2, 3}).empty());
    CHECK_THAT(base::why_refused({2, 4}, {2, 3}),
               Catch::Contains("2.4") && Catch::Contains("OLDFILM_PLUGIN_MINOR"));
    CHECK_THAT(base::why_refused({1, 2}, {2, 3}), Catch::Contains("build it again"));
    CHECK_FALSE(base::why_refused({3, 0}, {2, 3}).empty());
    // The SDK says what the author needs, not what the headers have.
    CHECK(sdk::describe<Steady>({.id = "org.oldfilm.test-steady",
                                 .name = "steady",
                                 .version = "1.0.0",
                                 .summary = "",
                                 .parameters = {}})
              ->abi_minor == OLDFILM_PLUGIN_MINOR);
}

// ---- Ownership --------------------------------------------------------------------------------

namespace {

std::atomic<int> released{0};

/// A picture of the plugin's own, of the size of the first frame's.
oldfilm_tensor own_tensor(const oldfilm_tensor& like, std::int64_t channels) {
    oldfilm_tensor c{};
    c.data = std::calloc(static_cast<std::size_t>(channels * like.shape[1] * like.shape[2]), 4);
    c.device_type = like.device_type;
    c.device_index = like.device_index;
    c.dtype = OLDFILM_FLOAT32;
    c.ndim = 3;
    c.shape[0] = channels;
    c.shape[1] = like.shape[1];
    c.shape[2] = like.shape[2];
    c.strides[0] = c.shape[1] * c.shape[2];
    c.strides[1] = c.shape[2];
    c.strides[2] = 1;
    c.owner = c.data;
    c.release = [](void* owner, void* /*stream*/) {
        ++released;
        std::free(owner);
    };
    return c;
}

} // namespace

TEST_CASE("a tensor that makes no sense is given back, and is the stage's failure") {
    static oldfilm_plugin_description d = plain_stage("odd");
    static std::string spoiled;
    spoiled = GENERATE("dtype", "stride", "size", "ndim", "device", "index", "overflow");
    released = 0;
    d.process = [](oldfilm_stage*, const oldfilm_request* const* requests,
                   std::uint32_t) -> std::int32_t {
        oldfilm_result& result = *requests[0]->result;
        const oldfilm_tensor& like = *requests[0]->frames[0]->picture;
        result.picture = own_tensor(like, like.shape[0]);
        result.mask = own_tensor(like, 1);
        result.has_mask = 1;
        if (spoiled == "dtype") {
            result.picture.dtype = 9;
        } else if (spoiled == "stride") {
            result.picture.strides[2] = -1;
        } else if (spoiled == "size") {
            result.picture.shape[1] = -4;
        } else if (spoiled == "ndim") {
            result.picture.ndim = 7;
        } else if (spoiled == "device") {
            result.picture.device_type = 77;
        } else if (spoiled == "index") {
            result.picture.device_index = 3;
        } else {
            result.picture.shape[0] = result.picture.shape[1] = result.picture.shape[2] =
                std::int64_t{1} << 40;
        }
        return OLDFILM_OK;
    };
    CAPTURE(spoiled);
    const Error error = ended(through(d));
    CHECK(error.code() == Errc::stage_failed);
    CHECK_THAT(error.what(), Catch::Contains("odd"));
    CHECK(released == 2); // the mask too
}

TEST_CASE("what a stage gives is given back, whatever it says of it") {
    static oldfilm_plugin_description d = plain_stage("gives");
    static std::string how;
    how = GENERATE("as it should", "a mask that it doesn't mention", "though unchanged",
                   "though it fails");
    released = 0;
    d.process = [](oldfilm_stage*, const oldfilm_request* const* requests,
                   std::uint32_t) -> std::int32_t {
        oldfilm_result& result = *requests[0]->result;
        const oldfilm_tensor& like = *requests[0]->frames[0]->picture;
        result.picture = own_tensor(like, like.shape[0]);
        result.mask = own_tensor(like, 1);
        result.has_mask = how == "a mask that it doesn't mention" ? 0 : 1;
        result.unchanged = how == "though unchanged" ? 1 : 0;
        return how == "though it fails" ? OLDFILM_FAILED : OLDFILM_OK;
    };
    CAPTURE(how);
    if (how == "though it fails") {
        ended(through(d), noise(1));
    } else {
        CHECK(pulled(through(d), noise(1)).size() == 1);
    }
    CHECK(released == 2);
}

TEST_CASE("frames outlive their run, and are given back on any thread") {
    static oldfilm_plugin_description d = plain_stage("gives");
    released = 0;
    d.process = [](oldfilm_stage*, const oldfilm_request* const* requests,
                   std::uint32_t) -> std::int32_t {
        const oldfilm_tensor& like = *requests[0]->frames[0]->picture;
        requests[0]->result->picture = own_tensor(like, like.shape[0]);
        return OLDFILM_OK;
    };
    std::vector<Frame> out = pulled(through(d), noise(4));
    CHECK(released == 0);
    std::thread other([taken = std::move(out)]() mutable { taken.clear(); });
    other.join();
    CHECK(released == 4);
}

// ---- Flow -------------------------------------------------------------------------------------

#ifdef OLDFILM_WITH_OPENCV

namespace {

std::vector<at::Tensor> flows; ///< that stages were given, as they found them

/// Asks for the flow from its frame to the one before, notes it, and spoils it.
class Spoils final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.before = 1;
    }
    void process(const sdk::Request& request) override {
        const at::Tensor flow = sdk::flow(host(), request.frame(1), request.frame(0));
        flows.push_back(flow.clone());
        flow.mul_(-3).add_(100);
        request.pass_through();
    }
};

/// The same in plain C.
std::int32_t spoil(oldfilm_stage* stage, const oldfilm_request* const* requests,
                   std::uint32_t count) {
    oldfilm_tensor c{};
    const std::int32_t status = service<oldfilm_host_flow>(stage, OLDFILM_EXT_FLOW)
                                    ->flow(stage->host, requests[0]->frames[1]->picture,
                                           requests[0]->frames[0]->picture, &c);
    if (status != OLDFILM_OK) {
        return status;
    }
    const std::int64_t values = c.shape[0] * c.shape[1] * c.shape[2];
    const at::Tensor kept = at::zeros({c.shape[0], c.shape[1], c.shape[2]});
    for (std::int64_t i = 0; i < values; ++i) {
        kept.data_ptr<float>()[i] = static_cast<float*>(c.data)[i];
        static_cast<float*>(c.data)[i] = 100;
    }
    flows.push_back(kept);
    c.release(c.owner, c.stream);
    return leave(stage, requests, count);
}

std::int32_t sees_one_before(oldfilm_stage* /*stage*/, const oldfilm_format* /*input*/,
                             const oldfilm_value* /*values*/, oldfilm_config* config) {
    config->before = 1;
    return OLDFILM_OK;
}

} // namespace

TEST_CASE("a stage owns the flow that it is given: what it writes there nobody else sees") {
    static oldfilm_plugin_description plain = plain_stage("plain");
    plain.process = spoil;
    plain.configure = sees_one_before;
    const StageSpec torch = spec_of(*sdk::describe<Spoils>(
        {"org.oldfilm.test-spoils", "spoils", "1.0.0", "spoils its flow", {}}));
    Pipeline pipeline(on_cpu());
    for (const StageSpec& one : {torch, spec_of(plain), torch, spec_of(plain)}) {
        pipeline.add(one);
    }
    flows.clear();
    pulled(pipeline, noise(3, 96, 128));
    REQUIRE(flows.size() == 12);
    // A frame's stages come one after the other, and each is given the same.
    std::vector<at::Tensor> distinct;
    for (const at::Tensor& flow : flows) {
        CHECK(flow.abs().max().item<float>() < 90);
        const bool known = std::any_of(distinct.begin(), distinct.end(),
                                       [&](const at::Tensor& one) { return at::equal(one, flow); });
        if (!known) {
            distinct.push_back(flow);
        }
    }
    CHECK(distinct.size() <= 3);
}

namespace {

/// Writes a mark where it must not: into the memory that it shares with the cache.
class Marks final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.before = 1;
    }
    void process(const sdk::Request& request) override {
        const at::Tensor flow = sdk::flow(host(), request.frame(1), request.frame(0));
        *static_cast<float*>(const_cast<void*>(flow.const_data_ptr())) = 4711; // NOLINT
        request.pass_through();
    }
};

} // namespace

TEST_CASE("plugins without LibTorch are given the flow that is known of a pair") {
    static oldfilm_plugin_description plain = plain_stage("plain");
    plain.process = spoil;
    plain.configure = sees_one_before;
    const StageSpec marks = spec_of(*sdk::describe<Marks>(
        {"org.oldfilm.test-marks", "marks", "1.0.0", "marks the flow that is kept", {}}));
    Pipeline pipeline(on_cpu());
    pipeline.add(marks).add(spec_of(plain)).add(spec_of(plain));
    flows.clear();
    pulled(pipeline, noise(3, 96, 128));
    REQUIRE(flows.size() == 6);
    for (const at::Tensor& flow : flows) {
        CHECK(flow.flatten()[0].item<float>() == 4711);
    }
}

#endif

// ---- The SDK ----------------------------------------------------------------------------------

namespace {

class Notes final : public sdk::Stage, public sdk::Analysis, public sdk::draft::SavedState {
  public:
    explicit Notes(const sdk::Host& host) : Stage(host), number_(count++) {}
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    std::string finish_analysis() override {
        return "\"found by instance number " + std::to_string(number_) + "\"";
    }
    void analyze(const sdk::FrameView& /*frame*/) override {}
    void restore_analysis(std::string_view /*json*/) override {}
    std::string save_state() override { return {'a', '\0', 'b'}; }
    void load_state(std::string_view bytes) override {
        if (bytes != std::string_view("a\0b", 3)) {
            throw sdk::Failure("this is no state", sdk::Status::invalid);
        }
    }
    void process(const sdk::Request& request) override { request.pass_through(); }

  private:
    static inline int count = 0;
    int number_;
};

class Live final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void change(const sdk::Values& /*values*/) override {}
    void process(const sdk::Request& request) override { request.pass_through(); }
};

sdk::About about(const std::string& summary) {
    return {"org.oldfilm.test-notes",
            "notes",
            "1.0.0",
            summary,
            {sdk::number("amount", 0.5, 0, 1, "a number long enough to lie on the heap")}};
}

} // namespace

TEST_CASE("a stage's class is described once, however often one asks") {
    const oldfilm_plugin_description* first = sdk::describe<Notes>(about("takes notes"));
    const char* name = first->parameters[0]->name;
    const oldfilm_plugin_description* second = sdk::describe<Notes>(about("takes notes"));
    CHECK(second == first);
    CHECK(first->parameters[0]->name == name);
    CHECK(std::string(name) == "amount");
    CHECK_THROWS_WITH(sdk::describe<Notes>(about("takes other notes")),
                      Catch::Contains("org.oldfilm.test-notes") && Catch::Contains("class"));
    CHECK(std::string(first->summary) == "takes notes");
}

TEST_CASE("each stage keeps the words of its own analysis") {
    const oldfilm_plugin_description& d = *sdk::describe<Notes>(about("takes notes"));
    oldfilm_host host{};
    host.size = sizeof(host);
    const auto& analysis =
        *static_cast<const oldfilm_stage_analysis*>(d.get_extension(&d, OLDFILM_EXT_ANALYSIS));
    std::array<oldfilm_stage*, 2> stages{};
    std::array<const char*, 2> found{};
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE(d.create(&host, &stages.at(i)) == OLDFILM_OK);
        REQUIRE(analysis.finish(stages.at(i), &found.at(i)) == OLDFILM_OK);
    }
    CHECK(std::string(found[0]) != std::string(found[1]));
    const std::string before = found[0];
    std::thread other([&] { // lives until the stage's next call, not the thread's
        const char* again = nullptr;
        analysis.finish(stages[1], &again);
    });
    other.join();
    CHECK(before == found[0]);
    for (oldfilm_stage* stage : stages) {
        d.destroy(stage);
    }
}

TEST_CASE("a stage has the extensions of the classes that it derives from") {
    const oldfilm_plugin_description& notes = *sdk::describe<Notes>(about("takes notes"));
    CHECK(notes.get_extension(&notes, OLDFILM_EXT_ANALYSIS) != nullptr);
    CHECK(notes.get_extension(&notes, OLDFILM_EXT_STATE) != nullptr);
    CHECK(notes.get_extension(&notes, OLDFILM_EXT_LIVE) == nullptr);
    CHECK(notes.get_extension(&notes, "oldfilm.analysis/2") == nullptr);
    sdk::About live = about("changes");
    live.id = "org.oldfilm.test-live";
    live.parameters = {sdk::number("amount", 0.5, 0, 1, "a number").live()};
    const oldfilm_plugin_description& changes = *sdk::describe<Live>(live);
    CHECK(changes.get_extension(&changes, OLDFILM_EXT_LIVE) != nullptr);
    CHECK(changes.get_extension(&changes, OLDFILM_EXT_ANALYSIS) == nullptr);
    CHECK_THROWS_WITH(sdk::describe<Steady>(live), Catch::Contains("LiveParameters"));
}

TEST_CASE("a state is bytes, and one that is none is refused") {
    const oldfilm_plugin_description& d = *sdk::describe<Notes>(about("takes notes"));
    const auto& state =
        *static_cast<const oldfilm_stage_state*>(d.get_extension(&d, OLDFILM_EXT_STATE));
    oldfilm_host host{};
    host.size = sizeof(host);
    host.fail = [](const oldfilm_host*, const char*) {};
    oldfilm_stage* stage = nullptr;
    REQUIRE(d.create(&host, &stage) == OLDFILM_OK);
    const void* data = nullptr;
    std::size_t bytes = 0;
    REQUIRE(state.save(stage, &data, &bytes) == OLDFILM_OK);
    CHECK(bytes == 3);
    CHECK(state.load(stage, data, bytes) == OLDFILM_OK);
    CHECK(state.load(stage, "abc", 3) == OLDFILM_INVALID);
    d.destroy(stage);
}

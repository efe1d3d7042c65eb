// Plugins without LibTorch that queue kernels of their own, on a device that is as late as it may
// be (late/late_device.hpp): what `ready`, `stream` and `release` of a tensor promise. A wait that
// is missing on either side is a wrong picture here, every time.
#include "late/late_device.hpp"
#include "plain_stage.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/native_streams.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
namespace driver = oldfilm::testing::late::driver;
using late::Order;

namespace {

/// Plugins' memory. It is used again as soon as that is allowed, and spoiled before.
class Pool {
  public:
    struct Block {
        std::vector<float> values;
        void* event = nullptr; ///< after which the data is there
    };
    void* const stream = driver::make_stream();

    Block& take(std::size_t count) {
        const std::scoped_lock lock(mutex_);
        if (free_.empty()) {
            all_.push_back(std::make_unique<Block>());
            all_.back()->values.resize(count);
            return *all_.back();
        }
        Block& block = *free_.front();
        free_.pop_front();
        ++reused;
        return block;
    }
    /// Its memory is spoiled, on the pool's stream, after what `last` has been queued.
    void give_back(Block& block, void* last) {
        void* event = driver::record(last);
        driver::wait(stream, event);
        driver::destroy(event);
        driver::launch(stream, [&block] {
            std::memset(block.values.data(), 0xFF, block.values.size() * sizeof(float));
        });
        const std::scoped_lock lock(mutex_);
        ++returned;
        free_.push_back(&block);
    }
    std::atomic<int> reused{0}, returned{0};

  private:
    std::mutex mutex_;
    std::deque<std::unique_ptr<Block>> all_;
    std::deque<Block*> free_;
};

Pool* pool = nullptr;
/// How outputs say when they are there.
enum class Says { event, stream };
Says says = Says::event;
std::string model; ///< of the stage that has one

void release(void* owner, void* last) {
    auto& block = *static_cast<Pool::Block*>(owner);
    driver::destroy(std::exchange(block.event, nullptr));
    pool->give_back(block, last);
}

/// 1 - picture, made on the pool's stream.
oldfilm_tensor negative_of(const oldfilm_tensor& in) {
    const auto count = static_cast<std::size_t>(in.shape[0] * in.shape[1] * in.shape[2]);
    Pool::Block& block = pool->take(count);
    void* event = driver::record(in.stream);
    driver::wait(pool->stream, event);
    driver::destroy(event);
    driver::launch(pool->stream, [in, &block] {
        const auto* from = static_cast<const float*>(in.data);
        std::size_t i = 0;
        for (std::int64_t c = 0; c < in.shape[0]; ++c) {
            for (std::int64_t y = 0; y < in.shape[1]; ++y) {
                for (std::int64_t x = 0; x < in.shape[2]; ++x) {
                    block.values[i++] =
                        1 - from[c * in.strides[0] + y * in.strides[1] + x * in.strides[2]];
                }
            }
        }
    });
    block.event = driver::record(pool->stream);
    oldfilm_tensor out = in;
    out.impl = nullptr;
    out.data = block.values.data();
    out.strides[0] = in.shape[1] * in.shape[2];
    out.strides[1] = in.shape[2];
    out.strides[2] = 1;
    out.ready = says == Says::event ? block.event : nullptr;
    out.stream = says == Says::event ? nullptr : pool->stream;
    out.owner = &block;
    out.release = release;
    return out;
}

std::int32_t negative(oldfilm_stage* /*stage*/, const oldfilm_request* const* requests,
                      std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        requests[i]->result->picture = negative_of(*requests[i]->frames[0]->picture);
    }
    return OLDFILM_OK;
}

/// The negative through a network, and its negative: what it lends the service is its own, and what
/// the service gives it reads on its stream.
std::int32_t through_model(oldfilm_stage* stage, const oldfilm_request* const* requests,
                           std::uint32_t /*count*/) {
    const auto* models = service<oldfilm_host_model>(stage, OLDFILM_EXT_MODEL);
    oldfilm_model* opened = nullptr;
    if (const int status = models->open(stage->host, model.c_str(), "", &opened)) {
        return status;
    }
    const oldfilm_tensor own = negative_of(*requests[0]->frames[0]->picture);
    oldfilm_tensor batch = own; // 1 x C x H x W
    batch.ndim = 4;
    batch.shape[0] = 1;
    batch.strides[0] = own.shape[0] * own.strides[0];
    for (int i = 0; i < 3; ++i) {
        batch.shape[i + 1] = own.shape[i];
        batch.strides[i + 1] = own.strides[i];
    }
    batch.stream = pool->stream;
    batch.owner = nullptr;
    batch.release = nullptr;
    const oldfilm_tensor* inputs[] = {&batch}; // NOLINT
    oldfilm_tensor output{};
    const int status = models->run(stage->host, opened, inputs, 1, &output, 1);
    models->close(stage->host, opened);
    // Done with, for all that the plugin knows: what the host queued comes before `pool->stream`.
    own.release(own.owner, pool->stream);
    if (status != OLDFILM_OK) {
        return status;
    }
    oldfilm_tensor made = output;
    made.ndim = 3;
    for (int i = 0; i < 3; ++i) {
        made.shape[i] = output.shape[i + 1];
        made.strides[i] = output.strides[i + 1];
    }
    requests[0]->result->picture = negative_of(made);
    output.release(output.owner, pool->stream);
    return OLDFILM_OK;
}

StageSpec plain(const char* name, decltype(oldfilm_plugin_description::process) process) {
    static std::deque<oldfilm_plugin_description> all; // they outlive every run
    all.push_back(plain_stage(name));
    all.back().process = process;
    return spec_of(all.back());
}

/// The same with LibTorch.
class Negative final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override {
        request.set_output(sdk::share(1 - sdk::picture(request.center())));
    }
};

/// Reads neighbors, makes a mask, and is made by several operators.
class Mean final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.before = config.after = 1;
    }
    void process(const sdk::Request& request) override {
        at::Tensor sum = sdk::picture(request.frame(0)) * 0.5;
        for (std::size_t i = 1; i < request.count(); ++i) {
            sum = sum + sdk::picture(request.frame(i)).clamp(0, 1) * 0.25;
        }
        request.set_output(sdk::share(sum));
    }
};

template <class Kind>
StageSpec torch_stage(const char* name) {
    return spec_of(*sdk::describe<Kind>(
        {std::string("org.oldfilm.test-") + name, name, "1.0.0", "for tests", {}}));
}

/// Negative, mean, negative.
Pipeline three(const char* device, const StageSpec& first, const StageSpec& last) {
    PipelineOptions options;
    options.device = device;
    options.precision = Precision::float32;
    Pipeline pipeline(options);
    pipeline.add(first).add(torch_stage<Mean>("mean")).add(last);
    return pipeline;
}

void same(const std::vector<Frame>& found, const std::vector<Frame>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        const at::Tensor picture = found[i].picture().cpu();
        CHECK((picture - expected[i].picture()).abs().max().item<double>() < 1e-6);
    }
}

void begin(std::uint64_t seed) {
    late::begin(seed == 0 ? Order::last : Order::random, seed);
}

} // namespace

TEST_CASE("a plugin's own kernels come after its input, and before who reads its output") {
    const std::vector<Frame> film = noise(9);
    const StageSpec usual = torch_stage<Negative>("negative");
    const std::vector<Frame> expected = pulled(three("cpu", usual, usual), film);
    const std::uint64_t seed = GENERATE(0, 1, 2, 3, 4, 5);
    says = GENERATE(Says::event, Says::stream);
    begin(seed);
    Pool own;
    pool = &own;
    CAPTURE(seed, static_cast<int>(says));
    {
        const StageSpec other = plain("plain", negative);
        const std::vector<Frame> found = pulled(three("late", other, other), film);
        same(found, expected);
    }
    CHECK(own.returned == 18);
    CHECK(own.reused > 0);
    late::begin(); // waits for all: the pool goes
}

TEST_CASE("the program's stream comes after a plugin's kernels, and before they use memory again") {
    const std::vector<Frame> film = noise(9);
    const StageSpec usual = torch_stage<Negative>("negative");
    const std::vector<Frame> expected = pulled(three("cpu", usual, usual), film);
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    says = GENERATE(Says::event, Says::stream);
    begin(seed);
    Pool own;
    pool = &own;
    CAPTURE(seed, static_cast<int>(says));
    const c10::Device device(c10::kPrivateUse1, 0);
    const StageSpec other = plain("plain", negative);
    std::vector<at::Tensor> read; // queued, and looked at in the end
    {
        const c10::StreamGuard on(
            c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device));
        Run run = three("late", other, other).start(format_of(film.front()));
        Frame got;
        const auto take = [&] {
            const Run::State state = run.next(got);
            if (state == Run::State::frame) {
                read.push_back(got.picture() + 0);
                got = Frame();
            }
            return state;
        };
        for (const Frame& one : film) {
            const Frame there = one.with_picture(one.picture().to(device));
            while (!run.push(there)) {
                take();
            }
        }
        run.finish();
        while (take() == Run::State::frame) {
        }
        std::vector<Frame> found;
        for (const at::Tensor& one : read) {
            found.emplace_back(one.cpu(), FrameInfo{});
        }
        same(found, expected);
    }
    CHECK(own.returned == 18);
    CHECK(own.reused > 0);
    late::begin();
}

TEST_CASE("what a plugin lends a service, and what it is given, keep its stream's order") {
    const test::TempFolder folder;
    model = test::write_package(folder.file("model.pt"), test::residual_model("superres"));
    ModelOptions on_the_cpu;
    on_the_cpu.device = "cpu";
    on_the_cpu.precision = Precision::float32;
    std::vector<Frame> film;
    for (const Frame& one : noise(6, 32, 48)) {
        film.push_back(one.with_picture(one.picture().narrow(0, 0, 1)));
    }
    const auto network = Model::open(model, "", on_the_cpu);
    std::vector<Frame> expected;
    for (const Frame& one : film) {
        const at::Tensor made = network->run({(1 - one.picture()).unsqueeze(0)}).at(0)[0];
        expected.push_back(one.with_picture(1 - made));
    }
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    says = GENERATE(Says::event, Says::stream);
    begin(seed);
    Pool own;
    pool = &own;
    CAPTURE(seed, static_cast<int>(says));
    PipelineOptions options;
    options.device = "late";
    options.precision = Precision::float32;
    {
        Pipeline pipeline(options);
        pipeline.add(plain("model", through_model));
        same(pulled(pipeline, film), expected);
    }
    CHECK(own.returned == 12);
    late::begin();
}

TEST_CASE("what the host gives says on which stream it was made") {
    late::begin();
    static void* found = nullptr;
    static void* expected = nullptr;
    const StageSpec asks =
        plain("asks",
              [](oldfilm_stage* stage, const oldfilm_request* const* requests,
                 std::uint32_t count) -> std::int32_t {
                  const c10::Device device(c10::kPrivateUse1, 0);
                  const c10::Stream other =
                      c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
                  const c10::StreamGuard on(other);
                  expected =
                      reinterpret_cast<void*>(other.id()); // NOLINT: as the late device has it
                  oldfilm_tensor c{};
                  const std::int64_t shape = 4;
                  const int status = service<oldfilm_host_tensor>(stage, OLDFILM_EXT_TENSOR)
                                         ->allocate(stage->host, OLDFILM_FLOAT32, 1, &shape, &c);
                  if (status == OLDFILM_OK) {
                      found = c.stream;
                      c.release(c.owner, c.stream);
                  }
                  return leave(stage, requests, count);
              });
    PipelineOptions options;
    options.device = "late";
    Pipeline pipeline(options);
    pipeline.add(asks);
    CHECK(pulled(pipeline, noise(1)).size() == 1);
    CHECK(found != nullptr);
    CHECK(found == expected);
}

TEST_CASE("a plugin without LibTorch is refused on a device whose streams nobody knows") {
    late::begin();
    const StageSpec other = plain("plain", negative);
    set_native_streams(c10::kPrivateUse1, {});
    PipelineOptions options;
    options.device = "late";
    Pipeline pipeline(options);
    pipeline.add(other);
    try {
        const Run run = pipeline.start(format_of(noise(1).front()));
        FAIL("it started");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::incompatible);
        CHECK_THAT(error.what(), Catch::Contains("plain") && Catch::Contains("late:0") &&
                                     Catch::Contains("run it on the CPU"));
    }
}

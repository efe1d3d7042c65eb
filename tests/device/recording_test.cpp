// Networks' calls that are recorded and replayed, on a device that is as late as it may be
// (late/late_device.hpp), and the library that records on CUDA, as far as it goes without a GPU.
#include "device/cuda_half.hpp"
#include "device/recording.hpp"
#include "late/late_device.hpp"
#include "messages.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using late::Order;

namespace {

/// While it lives, models are opened as on a device that can't record.
class Plain {
  public:
    Plain() { set_recorder(c10::kPrivateUse1, {}); }
    ~Plain() { set_recorder(c10::kPrivateUse1, &late::record); }
    Plain(const Plain&) = delete;
    Plain& operator=(const Plain&) = delete;
};

std::shared_ptr<Model> open(const std::string& path, ModelOptions options = {}) {
    options.device = "late";
    if (options.precision == Precision::automatic) {
        options.precision = Precision::float32;
    }
    return Model::open(path, "", options);
}

std::shared_ptr<Model> open_plain(const std::string& path, const ModelOptions& options = {}) {
    const Plain plain;
    return open(path, options);
}

at::Tensor picture(std::int64_t height, std::int64_t width, int number) {
    const at::Tensor ramp = at::arange(height * width, at::kFloat) + 7 * number;
    return ((ramp * 12.9898F).sin() * 43758.5453F).frac().abs().view({1, 1, height, width});
}

struct Pair {
    at::Tensor found, expected; ///< on the device
};

/// Each picture through both models, with nobody waiting in between.
std::vector<Pair> through(Model& found, Model& expected, const std::vector<at::Tensor>& pictures) {
    std::vector<Pair> pairs;
    for (const at::Tensor& one : pictures) {
        const at::Tensor pinned = one.pin_memory();
        const at::Tensor there = pinned.to(c10::Device(c10::kPrivateUse1, 0), true);
        pairs.push_back({found.run({there}).at(0), expected.run({there}).at(0)});
    }
    return pairs;
}

/// Read at the end: what an earlier call gave must still be there.
void same(const std::vector<Pair>& pairs) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        CAPTURE(i);
        CHECK(at::equal(pairs[i].found.cpu(), pairs[i].expected.cpu()));
    }
}

std::vector<at::Tensor> pictures(int count, std::int64_t height = 40, std::int64_t width = 52) {
    std::vector<at::Tensor> list;
    for (int i = 0; i < count; ++i) {
        list.push_back(picture(height, width, i));
    }
    return list;
}

/// A network of this forward(), with what is learned of it.
struct Case {
    const char* name;
    const char* forward;
    bool recorded;
};

test::TinyModel model_of(const char* forward) {
    return {std::string(forward) + "\n",
            {{"scale", at::full({1, 1, 1, 1}, 0.75)}},
            test::manifest("superres", R"({"receptive_field": "whole"})"),
            {{"count", 0.5}}};
}

} // namespace

TEST_CASE("a network is replayed from the third call of its shapes on, to the bit") {
    const test::TempFolder folder;
    const std::string path = test::write_package(
        folder.file("model.pt"), GENERATE(test::residual_model(), test::enlarging_model()));
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    late::begin(seed == 0 ? Order::last : Order::random, seed);
    const auto model = open(path);
    const auto plain = open_plain(path);
    const std::int64_t waits = late::counts().waits;
    const std::vector<Pair> pairs = through(*model, *plain, pictures(7));
    CHECK(late::counts().waits == waits);
    CHECK(late::counts().recorded == 1);
    CHECK(late::counts().replays == 5);
    CAPTURE(seed);
    same(pairs);
}

TEST_CASE("a replay queues a network at once, and copies in and out") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    late::begin();
    const auto model = open(path);
    const at::Tensor there = picture(16, 16, 0).to(c10::Device(c10::kPrivateUse1, 0));
    const auto kernels = [&] {
        const std::int64_t before = late::counts().kernels;
        CHECK(model->run({there}).at(0).sizes() == there.sizes());
        return late::counts().kernels - before;
    };
    const std::int64_t first = kernels();
    CHECK(kernels() == first);
    CHECK(first == 6); // three convolutions, what lies between, and the sum
    CHECK(kernels() == 3);
}

TEST_CASE("what a caller does to an output of a replay is the caller's affair") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    late::begin();
    const auto model = open(path);
    const at::Tensor there = picture(16, 16, 0).to(c10::Device(c10::kPrivateUse1, 0));
    const at::Tensor expected = model->run({there}).at(0).cpu();
    for (int i = 0; i < 4; ++i) {
        at::Tensor found = model->run({there}).at(0);
        CHECK(at::equal(found.cpu(), expected));
        found.zero_();
    }
}

TEST_CASE("a network's recordings share what they may keep") {
    const test::TempFolder folder;
    // 512 MiB: room for 4096 pixels.
    const std::string path =
        test::write_package(folder.file("model.pt"),
                            test::residual_model("superres", R"({"memory_per_pixel": 131072})"));
    late::begin();
    const auto model = open(path);
    const auto plain = open_plain(path);
    std::vector<Pair> pairs;
    const auto run = [&](std::int64_t side, int times) {
        const std::int64_t before = late::counts().replays;
        for (const Pair& pair : through(*model, *plain, pictures(times, side, side))) {
            pairs.push_back(pair);
        }
        return late::counts().replays - before;
    };
    const std::int64_t others = late::recordings();
    CHECK(run(32, 3) == 1);
    CHECK(run(48, 3) == 1);
    CHECK(late::recordings() - others == 2);
    CHECK(run(32, 1) == 1); // used last
    CHECK(run(40, 2) == 0); // 32 x 32, 48 x 48 and this are too much
    CHECK(late::recordings() - others == 2);
    CHECK(run(48, 3) == 0 + 1); // plain and recorded again, without 32 x 32
    CHECK(late::recordings() - others == 2);
    CHECK(run(72, 4) == 0); // alone too much
    CHECK(run(40, 1) == 1);
    same(pairs);
}

TEST_CASE("shapes that don't come again are never recorded, and old ones are forgotten") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    late::begin();
    const auto model = open(path);
    const auto plain = open_plain(path);
    const std::int64_t others = late::recordings();
    std::vector<Pair> pairs;
    for (int round = 0; round < 3; ++round) {
        for (std::int64_t side = 20; side < 30; ++side) {
            pairs.push_back(through(*model, *plain, {picture(side, side, round)}).at(0));
        }
    }
    CHECK(late::counts().recorded == 0);
    for (std::int64_t side = 20; side < 30; ++side) {
        for (const Pair& pair : through(*model, *plain, pictures(3, side, side))) {
            pairs.push_back(pair);
        }
    }
    CHECK(late::counts().recorded == 10);
    CHECK(late::recordings() - others == 8);
    same(pairs);
}

TEST_CASE("tiles are replayed, and a budget of memory has none recorded") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    late::begin();
    ModelOptions options;
    options.tile = 32;
    options.memory = GENERATE(0, 1 << 30);
    const auto model = open(path, options);
    const auto plain = open_plain(path, options);
    const std::vector<Pair> pairs = through(*model, *plain, pictures(3, 70, 90));
    CHECK((late::counts().replays > 12) == (options.memory == 0));
    CHECK((late::counts().recorded == 1) == (options.memory == 0));
    same(pairs);
}

TEST_CASE("what can't be replayed isn't") {
    const Case which = GENERATE(
        Case{"plain", "def forward(self, x):\n    return x * self.scale", true},
        Case{"asserts",
             "def forward(self, x):\n    assert x.size(0) == 1\n    return x * self.scale", true},
        Case{
            "state",
            "def forward(self, x):\n    self.count += 0.25\n    return x * self.scale * self.count",
            false},
        Case{"chance", "def forward(self, x):\n    y = torch.rand_like(x)\n    return x + 0 * y",
             false});
    CAPTURE(which.name);
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), model_of(which.forward));
    late::begin();
    std::vector<std::string> warnings;
    ModelOptions options;
    options.log = test::collect(warnings);
    const auto model = open(path, options);
    const auto plain = open_plain(path, options);
    const std::vector<Pair> pairs = through(*model, *plain, pictures(5));
    CHECK((late::counts().replays == 3) == which.recorded);
    CHECK((late::counts().recorded == 1) == which.recorded);
    CHECK(late::counts().refused == 0);
    CHECK(warnings.empty());
    same(pairs);
}

TEST_CASE("a network that reads a value on the host is told of once and runs as before") {
    const test::TempFolder folder;
    const std::string path = test::write_package(
        folder.file("model.pt"),
        model_of("def forward(self, x):\n    y = x * self.scale\n"
                 "    if float(y.max().item()) > 0.5:\n        y = y - 1\n    return y"));
    const std::uint64_t seed = GENERATE(0, 1, 2);
    late::begin(seed == 0 ? Order::last : Order::random, seed);
    std::vector<std::string> warnings;
    ModelOptions options;
    options.log = test::collect(warnings);
    const auto model = open(path, options);
    const auto plain = open_plain(path);
    std::vector<at::Tensor> given = pictures(6);
    given[4] = given[4] * 0.1; // takes the other way
    const std::int64_t others = late::recordings();
    same(through(*model, *plain, given));
    CHECK(late::counts().refused == 1);
    CHECK(late::counts().replays == 0);
    CHECK(late::recordings() == others);
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Catch::Contains("can't be recorded") &&
                                Catch::Contains("can't be waited for while it records") &&
                                !Catch::Contains("\n"));
}

TEST_CASE("frames that overflow in half precision are done again, replayed or not") {
    const test::TempFolder folder;
    const std::string path = test::write_package(
        folder.file("model.pt"), {R"(
def forward(self, picture):
    x = torch.conv2d(picture, self.w)
    return torch.conv2d(x * x - x * x, self.w) + picture
)",
                                  {{"w", at::full({1, 1, 1, 1}, 1000.0)}},
                                  test::manifest("superres", R"({"receptive_field": 0})")});
    late::begin();
    std::vector<std::string> warnings;
    ModelOptions options;
    options.precision = Precision::float16;
    options.log = test::collect(warnings);
    const auto model = open(path, options);
    const auto plain = open_plain(path, options);
    std::vector<at::Tensor> given = pictures(6);
    for (const int calm : {0, 2, 4}) {
        given[static_cast<std::size_t>(calm)] *= 0.1;
    }
    same(through(*model, *plain, given));
    CHECK(late::counts().replays == 4);
    CHECK(warnings.size() == 2); // one a model
}

TEST_CASE("a model run on several streams is replayed on each in turn") {
    const test::TempFolder folder;
    const std::string path = test::write_package(
        folder.file("model.pt"),
        test::residual_model("superres", R"({"memory_per_pixel": 131072})")); // one of the sizes
    const std::uint64_t seed = GENERATE(0, 1, 2, 3, 4, 5, 6, 7);
    CAPTURE(seed);
    const c10::Device device = late::begin(seed == 0 ? Order::last : Order::random, seed);
    const auto model = open(path);
    const auto plain = open_plain(path);
    const c10::impl::VirtualGuardImpl guard(device.type());
    guard.synchronizeDevice(device.index()); // the models are there
    const std::vector<c10::Stream> streams{guard.getDefaultStream(device),
                                           guard.getStreamFromGlobalPool(device),
                                           guard.getStreamFromGlobalPool(device)};
    std::vector<at::Tensor> given;
    std::vector<at::Tensor> found;
    for (std::size_t i = 0; i < 24; ++i) {
        const c10::StreamGuard on(streams[i % 3]);
        const std::int64_t side = i / 6 % 2 == 0 ? 44 : 52; // the other's recording goes
        given.push_back(picture(side, side, static_cast<int>(i)).to(device));
        found.push_back(model->run({given[i]}).at(0));
    }
    CHECK(late::counts().recorded == 4);
    CHECK(late::counts().replays == 16);
    for (std::size_t i = found.size(); i-- > 0;) {
        CAPTURE(i);
        const c10::StreamGuard on(streams[i % 3]);
        CHECK(at::equal(found[i].cpu(), plain->run({given[i]}).at(0).cpu()));
    }
}

TEST_CASE("the memory of a recording that is given up is nobody's before its replays are done") {
    const test::TempFolder folder;
    const std::string path = test::write_package(
        folder.file("model.pt"),
        test::residual_model("superres", R"({"memory_per_pixel": 131072})")); // one of the sizes
    const c10::Device device = late::begin();
    const auto model = open(path);
    const at::Tensor small = picture(61, 61, 1).to(device);
    const at::Tensor large = picture(62, 62, 2).to(device);
    const at::Tensor expected = model->run({small}).at(0).cpu();
    const std::int64_t others = late::recordings();
    CHECK(at::equal(model->run({small}).at(0).cpu(), expected)); // recorded
    const c10::impl::VirtualGuardImpl guard(device.type());
    const c10::Stream replaying = guard.getStreamFromGlobalPool(device);
    at::Tensor found;
    {
        const c10::StreamGuard on(replaying);
        found = model->run({small}).at(0);
    }
    CHECK(late::counts().replays == 1);
    for (int i = 0; i < 2; ++i) {
        CHECK(model->run({large}).size() == 1); // its recording takes the place of the first
    }
    CHECK(late::recordings() == others + 1);
    std::vector<at::Tensor> mine;
    for (const c10::Stream stream :
         {guard.getDefaultStream(device), guard.getStreamFromGlobalPool(device)}) {
        const c10::StreamGuard on(stream);
        mine.push_back(at::full({1, 1, 61, 61}, 3.0, device));
        CHECK(mine.back().max().item<float>() == 3);
    }
    const c10::StreamGuard on(replaying);
    CHECK(at::equal(found.cpu(), expected));
    for (const at::Tensor& one : mine) {
        CHECK(one.max().item<float>() == 3);
        CHECK(one.min().item<float>() == 3);
    }
}

TEST_CASE("a replay asks once whether the run is to end") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    const c10::Device device = late::begin();
    const auto model = open(path);
    const at::Tensor there = picture(16, 16, 0).to(device);
    int asked = 0;
    bool end = false;
    const auto cancelled = [&] {
        ++asked;
        return end;
    };
    for (int i = 0; i < 2; ++i) {
        CHECK(model->run({there}, cancelled).size() == 1);
    }
    CHECK(asked == 6); // before each convolution, and not while it is recorded
    CHECK(model->run({there}, cancelled).size() == 1);
    CHECK(asked == 7);
    end = true;
    CHECK_THROWS_WITH(model->run({there}, cancelled), Catch::Contains("cancelled"));
    CHECK(late::counts().replays == 1);
}

TEST_CASE("a recording that fails leaves the device as it was") {
    const c10::Device device = late::begin();
    at::Tensor made = at::full({8}, 2.0, device);
    CHECK_THROWS_WITH(late::record(device,
                                   [&] {
                                       made = made + 1;
                                       made.sum().item<float>();
                                   }),
                      Catch::Contains("can't be waited for"));
    made = at::full({8}, 2.0, device);
    CHECK((made + 1).sum().item<float>() == 24);
}

TEST_CASE("the library that records on CUDA is taken where it is of this build") {
    const test::TempFolder folder;
    std::string why = "before";
    SECTION("none there") {
        CHECK_FALSE(load_cuda_recorder(folder.file("liboldfilm_cuda.so"), why));
        CHECK(why.empty());
    }
    SECTION("no library") {
        std::ofstream(folder.file("liboldfilm_cuda.so")) << "text";
        CHECK_FALSE(load_cuda_recorder(folder.file("liboldfilm_cuda.so"), why));
        CHECK_THAT(why,
                   Catch::Contains("can't be loaded") && Catch::Contains("liboldfilm_cuda.so"));
    }
    SECTION("of another build, or nothing of ours") {
        CHECK_FALSE(load_cuda_recorder(OLDFILM_STALE_LIBRARY, why));
        CHECK_THAT(why, Catch::Contains("expected oldfilm 0.1.0") &&
                            Catch::Contains("found 0.0.9 for LibTorch 1.0") &&
                            Catch::Contains("install"));
        CHECK_FALSE(load_cuda_recorder("libm.so.6", why)); // no path: no file
        CHECK(why.empty());
    }
#ifdef OLDFILM_CUDA_LIBRARY
    SECTION("the real one: whatever it needs is found, without a driver") {
        const Record record = load_cuda_recorder(OLDFILM_CUDA_LIBRARY, why);
        CHECK(why.empty());
        REQUIRE(record);
        const CudaHalf* half = load_cuda_half(OLDFILM_CUDA_LIBRARY, why);
        REQUIRE(half != nullptr);
        CHECK((half->streams.handle && half->streams.stream && half->streams.wait));
        if (!std::filesystem::exists("/dev/nvidiactl")) {
            bool called = false;
            CHECK_THROWS_WITH(record({c10::kCUDA, 0}, [&] { called = true; }),
                              Catch::Contains("CUDA"));
            CHECK_FALSE(called);
        }
    }
#endif
}

TEST_CASE("CUDA without a driver is refused with what to do") {
    if (std::filesystem::exists("/dev/nvidiactl")) {
        WARN("this machine has a driver: not tried");
        return;
    }
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    ModelOptions options;
    options.device = "cuda";
    CHECK_THROWS_WITH(Model::open(path, "", options),
                      Catch::Contains("no NVIDIA driver") && Catch::Contains("--device cpu"));
}

// Samples on any device against what the CPU's rows make of the same ones: on the CPU, and on a
// device that is as late as it may be.
#include "device/order.hpp"
#include "late/late_device.hpp"
#include "media/original_samples.hpp"
#include "media/surface_fixtures.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/StreamGuard.h>
#include <catch2/catch.hpp>

#include <optional>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::media;
using namespace oldfilm::testing;

namespace {

#if defined(__x86_64__)
constexpr double apart = 0; // no multiplication is fused with an addition
constexpr int codes_apart = 0;
#else
constexpr double apart = 1e-6;
constexpr int codes_apart = 1; // a sum just beside the half between two codes
#endif

at::Device device_for(bool late) {
    return late ? at::Device(late::begin()) : at::Device(at::kCPU);
}

/// Whatever is apart at most, as numbers: 16 bits are unsigned.
int difference(const at::Tensor& a, const at::Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    REQUIRE(a.scalar_type() == b.scalar_type());
    const auto numbers = [](const at::Tensor& plane) {
        return plane.cpu().to(at::kInt).bitwise_and(0xffff);
    };
    return (numbers(a) - numbers(b)).abs().max().item<int>();
}

std::vector<ColorTags> all_tags() {
    std::vector<ColorTags> all;
    for (const int matrix : {1, 4, 5, 7, 9}) {
        for (const Range range : {Range::limited, Range::full}) {
            for (const ChromaSiting siting :
                 {ChromaSiting::left, ChromaSiting::center, ChromaSiting::top_left}) {
                ColorTags tags;
                tags.matrix = static_cast<std::uint8_t>(matrix);
                tags.range = range;
                tags.siting = siting;
                all.push_back(tags);
            }
        }
    }
    return all;
}

const std::vector<AVPixelFormat> formats{
    AV_PIX_FMT_YUV420P,   AV_PIX_FMT_YUV422P,   AV_PIX_FMT_YUV444P,   AV_PIX_FMT_YUV411P,
    AV_PIX_FMT_YUV410P,   AV_PIX_FMT_YUV440P,   AV_PIX_FMT_YUV420P10, AV_PIX_FMT_YUV420P12,
    AV_PIX_FMT_YUV422P10, AV_PIX_FMT_YUV444P16, AV_PIX_FMT_YUV420P16, AV_PIX_FMT_GBRP,
    AV_PIX_FMT_GBRP16,    AV_PIX_FMT_GRAY8,     AV_PIX_FMT_GRAY16};

} // namespace

TEST_CASE("Pictures made on a device are those made by rows") {
    const bool late = GENERATE(false, true);
    const bool by_fields = GENERATE(false, true);
    const auto [width, height] =
        GENERATE(std::pair(32, 24), std::pair(37, 23), std::pair(33, 22), std::pair(1, 1));
    const at::Device device = device_for(late);
    for (const AVPixelFormat format : formats) {
        const UniqueFrame frame = noise(format, width, height);
        if (by_fields) {
            set_interlaced(*frame);
        }
        const Layout layout = layout_of(*frame);
        REQUIRE(layout.by_fields == by_fields);
        const Planes planes = uploaded(*frame, layout, device);
        for (const ColorTags& tags : all_tags()) {
            for (const bool gray : {false, true}) {
                CAPTURE(by_fields, av_get_pix_fmt_name(format), width, height, late,
                        int(tags.matrix), int(tags.range), int(tags.siting), gray);
                const at::Tensor expected = to_picture(*frame, tags, gray);
                const at::Tensor found = picture_of(planes, layout, tags, gray);
                REQUIRE(found.device() == device);
                REQUIRE(found.sizes() == expected.sizes());
                CHECK((found.cpu() - expected).abs().max().item<double>() <= apart);
            }
        }
    }
}

TEST_CASE("Planes made on a device are those made by rows") {
    const bool late = GENERATE(false, true);
    const bool by_fields = GENERATE(false, true);
    const auto [width, height] =
        GENERATE(std::pair(32, 24), std::pair(37, 23), std::pair(33, 22), std::pair(1, 1));
    const at::Device device = device_for(late);
    // Beyond black and white, and no number at all.
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(4);
    at::Tensor picture = at::rand({3, height, width}, generator, at::kFloat) * 1.4 - 0.2;
    picture[1][height / 2][width / 2] = NAN;
    for (const at::Tensor& one : {picture, picture.slice(0, 0, 1).contiguous()}) {
        const at::Tensor there = one.to(device);
        for (const AVPixelFormat format : formats) {
            for (const ColorTags& tags : all_tags()) {
                CAPTURE(av_get_pix_fmt_name(format), width, height, late, by_fields,
                        int(tags.matrix), int(tags.range), int(tags.siting), one.size(0));
                Layout layout = layout_of(format);
                layout.by_fields = by_fields;
                const auto expected = to_planes(one, layout, tags);
                const Planes found = planes_of(there, layout, tags);
                REQUIRE(found.size() == expected.size());
                for (std::size_t i = 0; i < found.size(); ++i) {
                    REQUIRE(found[i].device() == device);
                    CHECK(difference(found[i], expected[i]) <= codes_apart);
                }
            }
        }
    }
}

TEST_CASE("Samples of floats are read the same on a device, and come back") {
    const UniqueFrame frame = buffer_of(AV_PIX_FMT_GBRPF32LE, 9, 5);
    const Layout layout = layout_of(AV_PIX_FMT_GBRPF32LE);
    for (int i = 0; i < 3; ++i) {
        plane_view(*frame, layout, i).copy_(at::rand({5, 9}) * 3 - 1);
    }
    const Planes planes = uploaded(*frame, layout, at::kCPU);
    const at::Tensor picture = picture_of(planes, layout, {}, false);
    CHECK(picture.equal(to_picture(*frame, {}, false)));
    CHECK(picture_of(planes, layout, {}, true).equal(to_picture(*frame, {}, true)));
    const Planes back = planes_of(picture, layout, {});
    for (std::size_t i = 0; i < 3; ++i) { // from linear light to a transfer, and back
        CHECK(back[i].allclose(planes[i], 1e-5, 1e-6));
    }
}

TEST_CASE("Surfaces hold what planes hold") {
    for (const AVPixelFormat format :
         {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV420P12LE, AV_PIX_FMT_YUV444P,
          AV_PIX_FMT_YUV444P10LE}) {
        for (const auto& [width, height] : {std::pair(32, 24), std::pair(37, 23)}) {
            CAPTURE(av_get_pix_fmt_name(format), width, height);
            const Layout layout = layout_of(format);
            const UniqueFrame frame = noise(format, width, height);
            const UniqueFrame laid_out = surface_frame(*frame);
            const Planes found =
                planes_in(surface_of(*laid_out, surface_format(format), at::kCPU), layout);
            REQUIRE(found.size() == 3);
            for (int i = 0; i < 3; ++i) {
                CHECK(found[static_cast<std::size_t>(i)].equal(plane_view(*frame, layout, i)));
            }
            const UniqueFrame filled = buffer_of(surface_format(format), width, height);
            fill(surface_of(*filled, surface_format(format), at::kCPU), found, layout);
            const Planes back =
                planes_in(surface_of(*filled, surface_format(format), at::kCPU), layout);
            for (std::size_t i = 0; i < 3; ++i) {
                CHECK(back[i].equal(found[i]));
            }
        }
    }
}

TEST_CASE("Surfaces are cut at the left and at the top where frames say so") {
    const UniqueFrame frame = noise(AV_PIX_FMT_YUV420P, 40, 30);
    const Layout layout = layout_of(AV_PIX_FMT_YUV420P);
    const UniqueFrame laid_out = surface_frame(*frame);
    laid_out->crop_left = 6;
    laid_out->crop_top = 4;
    const Planes found = planes_in(surface_of(*laid_out, AV_PIX_FMT_NV12, at::kCPU), layout);
    CHECK(found[0].equal(plane_view(*frame, layout, 0).slice(0, 4).slice(1, 6)));
    CHECK(found[1].equal(plane_view(*frame, layout, 1).slice(0, 2).slice(1, 3)));
    CHECK(found[2].equal(plane_view(*frame, layout, 2).slice(0, 2).slice(1, 3)));
}

TEST_CASE("Surfaces that nobody knows are refused") {
    const UniqueFrame frame = buffer_of(AV_PIX_FMT_YUYV422, 16, 16);
    CHECK_THROWS_WITH(surface_of(*frame, AV_PIX_FMT_YUYV422, at::kCPU),
                      Catch::Contains("yuyv422") && Catch::Contains("CPU"));
}

TEST_CASE("Whether chroma says anything is the same on a device") {
    const at::Device device = late::begin();
    const Layout layout = layout_of(AV_PIX_FMT_YUV420P10LE);
    for (const int off : {0, 8, 9, 40, 41}) {
        for (const int many : {1, 3, 200}) { // of 1024
            const UniqueFrame frame = noise(AV_PIX_FMT_YUV420P10LE, 64, 64);
            for (const int plane : {1, 2}) {
                plane_view(*frame, layout, plane).fill_(512);
            }
            plane_view(*frame, layout, 2).flatten().slice(0, 0, 1).fill_(512);
            at::Tensor chroma = plane_view(*frame, layout, 2);
            for (int i = 0; i < many; ++i) {
                chroma[i / 32][i % 32] = 512 + (i % 2 == 0 ? off : -off);
            }
            const at::Tensor counts =
                PendingDownload(color_counts(uploaded(*frame, layout, device), layout)).wait();
            bool color = false;
            for (const int plane : {0, 1}) {
                color = color || is_color(counts[plane][0].item<std::int64_t>(),
                                          counts[plane][1].item<std::int64_t>(), 1024);
            }
            CAPTURE(off, many);
            CHECK(color == !chroma_says_nothing(*frame));
        }
    }
}

TEST_CASE("Samples come to the host when somebody asks, once, and from any stream") {
    const at::Device device = late::begin();
    const Layout layout = layout_of(AV_PIX_FMT_YUV420P);
    const UniqueFrame frame = noise(AV_PIX_FMT_YUV420P, 36, 22);
    const c10::impl::VirtualGuardImpl of(device.type());
    std::optional<Samples> samples;
    {
        const c10::StreamGuard on(of.getStreamFromGlobalPool(device));
        samples.emplace(uploaded(*frame, layout, device), layout);
    }
    CHECK_FALSE(samples->are_on_host());
    CHECK(samples->width() == 36);
    CHECK(samples->height() == 22);
    CHECK(late::counts().downloads == 0);
    SECTION("on a device, ordered for the stream that asks") {
        const c10::StreamGuard on(of.getStreamFromGlobalPool(device));
        const Planes planes = samples->on(device);
        CHECK(planes[0].cpu().equal(plane_view(*frame, layout, 0)));
        CHECK_FALSE(samples->are_on_host());
    }
    SECTION("on the host") {
        const AVFrame& host = samples->on_host();
        for (int i = 0; i < 3; ++i) {
            CHECK(plane_view(host, layout, i).equal(plane_view(*frame, layout, i)));
        }
        CHECK(&samples->on_host() == &host);
        CHECK(late::counts().downloads == 3);
        CHECK(samples->are_on_host());
    }
}

TEST_CASE("Samples that nothing touched are put back on a device as on the CPU") {
    const AVPixelFormat format =
        GENERATE(AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUV444P, AV_PIX_FMT_GBRP);
    const bool gray = GENERATE(false, true);
    const Layout layout = layout_of(format);
    ColorTags tags;
    tags.matrix = 1;
    tags.range = Range::limited;
    tags.siting = ChromaSiting::left;
    const UniqueFrame frame = noise(format, 41, 27, 7);
    const auto restored = [&](const at::Device& device, bool touched) {
        auto coded = std::make_shared<CodedPicture>();
        coded->samples = std::make_shared<const CodedSamples>(CodedSamples{
            std::make_shared<const Samples>(uploaded(*frame, layout, device), layout), tags, gray});
        coded->picture = picture_of(uploaded(*frame, layout, device), layout, tags, gray);
        at::Tensor picture = coded->picture;
        if (touched) {
            picture = picture.clone();
            picture.slice(1, 8, 13).slice(2, 10, 17).add_(0.1);
        }
        return Frame(picture, {}).with_coded(std::move(coded));
    };
    const at::Device device = late::begin();
    for (const bool touched : {true, false}) {
        CAPTURE(av_get_pix_fmt_name(format), gray, touched);
        const Planes expected =
            samples_of(restored(at::kCPU, touched), at::kCPU, layout, tags, true);
        const Frame there = restored(device, touched);
        const Planes found = samples_of(there, device, layout, tags, true);
        // To the host only as the picture has come there.
        const Frame here = Frame(there.picture().cpu(), {}).with_coded(there.coded());
        const Planes on_host = samples_of(here, at::kCPU, layout, tags, true);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(difference(found[i], expected[i]) <= codes_apart);
            CHECK(difference(on_host[i], expected[i]) <= codes_apart);
            const at::Tensor coded = plane_view(*frame, layout, static_cast<int>(i));
            const std::int64_t kept = (found[i].cpu() == coded).sum().item<std::int64_t>();
            CHECK(kept >= coded.numel() * 8 / 10);
            if (!touched) {
                CHECK(kept == coded.numel());
            }
        }
    }
}

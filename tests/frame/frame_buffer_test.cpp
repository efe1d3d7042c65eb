#include "frame/frame_buffer.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/frame.hpp>

#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

using namespace oldfilm;

namespace {
Frame frame_of(std::int64_t channels, std::int64_t height, std::int64_t width,
               std::int64_t index = 0) {
    FrameInfo info;
    info.index = index;
    return Frame(at::zeros({channels, height, width}), info);
}
} // namespace

TEST_CASE("a frame takes pictures of one or three channels in float32 only") {
    CHECK(frame_of(1, 4, 5).width() == 5);
    CHECK_THROWS_AS(Frame(at::zeros({2, 4, 4}), {}), Error);
    CHECK_THROWS_AS(Frame(at::zeros({4, 4}), {}), Error);
    CHECK_THROWS_AS(Frame(at::zeros({3, 4, 4}, at::kByte), {}), Error);
    CHECK_THROWS_AS(Frame(at::Tensor(), {}), Error);
}

TEST_CASE("copies share pixels, and a mask of another size is dropped") {
    const Frame a = frame_of(1, 4, 4);
    const Frame masked = a.with_mask(at::zeros({1, 4, 4}));
    CHECK(masked.picture().data_ptr() == a.picture().data_ptr());
    CHECK_FALSE(a.mask().defined());
    CHECK(masked.with_picture(at::zeros({3, 4, 4})).mask().defined());
    CHECK_FALSE(masked.with_picture(at::zeros({1, 8, 8})).mask().defined());
    CHECK_THROWS_AS(a.with_mask(at::zeros({1, 5, 4})), Error);
}

TEST_CASE("a buffer is bounded, counts bytes, and gives memory back at once") {
    FrameBuffer buffer(2);
    buffer.push(frame_of(1, 4, 4, 0));
    buffer.push(frame_of(1, 4, 4, 1));
    CHECK(buffer.full());
    CHECK(buffer.bytes() == 2 * 64);
    CHECK_THROWS_AS(buffer.push(frame_of(1, 4, 4)), Error);
    at::Tensor held = buffer.at(0).picture();
    CHECK(held.use_count() > 1);
    buffer.release_before(1);
    CHECK(held.use_count() == 1);
    CHECK(buffer.begin() == 1);
    CHECK(buffer.end() == 2);
    CHECK(buffer.bytes() == 64);
    CHECK_THROWS_AS(buffer.at(0), Error);
    CHECK(buffer.at(1).info().index == 1);
    buffer.close();
    CHECK(buffer.closed());
}

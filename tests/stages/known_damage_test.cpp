// Scratch-removal where a person, or a film of masks, says what is damaged and what is not.
#include "stage_driver.hpp"

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

constexpr std::int64_t film_height = 160;
constexpr std::int64_t film_width = 192;
constexpr int count = 7;

struct Box {
    std::int64_t top, left, height, width;
};

at::Tensor inside(const at::Tensor& picture, const Box& box) {
    return crop(picture, box.top, box.left, box.height, box.width);
}

/// A camera that pans over a photograph, with a little grain; empty (the caller skips) where there
/// is none.
std::vector<at::Tensor> pan(int channels) {
    const at::Tensor picture = photo("home.jpg", channels);
    if (!picture.defined()) {
        return {};
    }
    return film_of(count, [&](int i) {
        const at::Tensor grain =
            0.01 * random(static_cast<std::uint64_t>(i), {1, film_height, film_width}, true);
        return crop(picture, 60 + i, 80 + 2 * i, film_height, film_width) + grain;
    });
}

/// 1 x H x W: `value` in the box.
at::Tensor plane(const Box& box, double value) {
    at::Tensor made = at::zeros({1, film_height, film_width});
    made.slice(1, box.top, box.top + box.height)
        .slice(2, box.left, box.left + box.width)
        .fill_(value);
    return made;
}

/// The film with a veil that no finder takes for damage: the picture there, at half its contrast.
at::Tensor veiled(const at::Tensor& picture, const Box& box) {
    return at::where(plane(box, 1) > 0, picture * 0.5 + 0.3, picture);
}

Frame damaged_frame(const at::Tensor& picture, int number, const at::Tensor& damage) {
    return frame_of(picture, number).with_damage(damage);
}

} // namespace

TEST_CASE("scratch-removal repairs what is known, from the neighbors", "[scratch-removal][known]") {
    const int channels = GENERATE(1, 3);
    const std::vector<at::Tensor> clean = pan(channels);
    if (clean.empty()) {
        return;
    }
    const Box box{60, 70, 30, 36};
    std::vector<Frame> film;
    for (int i = 0; i < count; ++i) {
        film.push_back(i == 3 ? damaged_frame(veiled(clean[3], box), i, plane(box, 1))
                              : frame_of(clean[static_cast<std::size_t>(i)], i));
    }
    const std::vector<Frame> out = restored("scratch-removal:find=false", film);
    REQUIRE(out[3].mask().defined());
    CHECK(at::equal(out[3].mask(), plane(box, 1)));
    const at::Tensor there = plane(box, 1) > 0;
    CHECK(at::equal(out[3].picture().masked_select(~there), clean[3].masked_select(~there)));
    CHECK(psnr(inside(out[3].picture(), box), inside(clean[3], box)) >
          psnr(inside(film[3].picture(), box), inside(clean[3], box)) + 8);
    for (const std::size_t other : {0, 2, 4, 6}) {
        CHECK(at::equal(out[other].picture(), clean[other]));
    }
}

TEST_CASE("scratch-removal does not take known damage of neighbors for the picture",
          "[scratch-removal][known]") {
    const std::vector<at::Tensor> clean = pan(1);
    if (clean.empty()) {
        return;
    }
    const Box box{70, 90, 12, 12}; // on the glass: in all frames
    std::vector<Frame> film;
    for (int i = 0; i < count; ++i) {
        const at::Tensor stained =
            at::where(plane(box, 1) > 0, 0.05, clean[static_cast<std::size_t>(i)]);
        film.push_back(damaged_frame(stained, i, plane(box, 1)));
    }
    const std::vector<Frame> out = restored("scratch-removal:find=false", film);
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        CAPTURE(i);
        CHECK(psnr(inside(out[at].picture(), box), inside(clean[at], box)) >
              psnr(inside(film[at].picture(), box), inside(clean[at], box)) + 5);
    }
}

TEST_CASE("scratch-removal leaves what is known to be clean", "[scratch-removal][known]") {
    const std::vector<at::Tensor> clean = pan(1);
    if (clean.empty()) {
        return;
    }
    const Box spot{60, 70, 6, 6};
    const Box around{50, 60, 30, 30};
    const at::Tensor dirty = at::where(plane(spot, 1) > 0, 0.98, clean[3]);
    const auto mask_of = [&](const at::Tensor& damage) {
        std::vector<Frame> film;
        for (int i = 0; i < count; ++i) {
            film.push_back(i == 3 ? damaged_frame(dirty, i, damage)
                                  : frame_of(clean[static_cast<std::size_t>(i)], i));
        }
        const Frame out = restored("scratch-removal", film)[3];
        const at::Tensor mask =
            out.mask().defined() ? out.mask() : at::zeros({1, film_height, film_width});
        CHECK(at::equal(out.picture().masked_select(mask == 0), dirty.masked_select(mask == 0)));
        return inside(mask, around).sum().item<double>();
    };
    CHECK(mask_of(at::zeros({1, film_height, film_width})) >= 36);
    CHECK(mask_of(plane(around, -1)) == 0);
}

TEST_CASE("scratch-removal repairs what is known of a single picture", "[scratch-removal][known]") {
    const at::Tensor picture = photo("home.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const at::Tensor clean = crop(picture, 60, 80, film_height, film_width);
    const Box box{40, 20, 6, 120};
    const Frame torn = damaged_frame(veiled(clean, box), 0, plane(box, 1));
    const Frame out = restored("scratch-removal:find=false", std::vector{torn}).at(0);
    const at::Tensor there = plane(box, 1) > 0;
    CHECK(at::equal(out.mask() > 0, there));
    CHECK(at::equal(out.picture().masked_select(~there), clean.masked_select(~there)));
    CHECK(psnr(inside(out.picture(), box), inside(clean, box)) >
          psnr(inside(torn.picture(), box), inside(clean, box)) + 3);
    // Nothing is known of this one, and nothing is looked for.
    const Frame left =
        restored("scratch-removal:find=false", std::vector{frame_of(torn.picture(), 0)}).at(0);
    CHECK_FALSE(left.mask().defined());
    CHECK(at::equal(left.picture(), torn.picture()));
}

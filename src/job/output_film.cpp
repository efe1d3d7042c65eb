#include "job/output_film.hpp"

#include <oldfilm/evidence.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace oldfilm::job {
namespace {

/// 6 x 3 float32 in [0, 1].
at::Tensor palette() {
    at::Tensor colors = at::empty({evidence_kinds, 3}, at::dtype(at::kFloat));
    auto row = colors.accessor<float, 2>();
    for (const Evidence kind : all_evidence) {
        for (std::size_t channel = 0; channel < 3; ++channel) {
            row[static_cast<int>(kind)][static_cast<int>(channel)] =
                static_cast<float>(palette_color(kind).at(channel)) / 255.0F;
        }
    }
    return colors;
}

} // namespace

ColorTags mask_color() {
    ColorTags color;
    color.range = Range::full;
    return color;
}

Frame mask_picture(const Frame& frame) {
    const at::Tensor picture =
        frame.mask().defined()
            ? frame.mask().gt(0).to(at::kCPU, at::kFloat)
            : at::zeros({1, frame.height(), frame.width()}, at::dtype(at::kFloat));
    FrameInfo info = frame.info();
    info.color = mask_color();
    return {picture, info};
}

ColorTags evidence_color() {
    constexpr std::uint8_t rgb = 0; // H.273
    ColorTags color;
    color.matrix = rgb;
    color.range = Range::full;
    return color;
}

Frame evidence_picture(const Frame& frame) {
    const at::Tensor kinds = frame.evidence().defined()
                                 ? frame.evidence()[0].to(at::kCPU, at::kLong)
                                 : at::zeros({frame.height(), frame.width()}, at::kLong);
    const at::Tensor picture = palette().index_select(0, kinds.flatten()).t();
    FrameInfo info = frame.info();
    info.color = evidence_color();
    return {picture.reshape({3, frame.height(), frame.width()}), info};
}

Frame written_picture(const Frame& frame, FilmOf of) {
    switch (of) {
    case FilmOf::masks:
        return mask_picture(frame);
    case FilmOf::evidence:
        return evidence_picture(frame);
    case FilmOf::pictures:
        break;
    }
    return frame;
}

const char* prefix_of(FilmOf of) {
    return of == FilmOf::masks ? "mask" : of == FilmOf::evidence ? "evidence" : "film";
}

} // namespace oldfilm::job

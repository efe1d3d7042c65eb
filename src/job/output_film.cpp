#include "job/output_film.hpp"

#include <ATen/ops/zeros.h>

namespace oldfilm::job {

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

Frame written_picture(const Frame& frame, FilmOf of) {
    return of == FilmOf::masks ? mask_picture(frame) : frame;
}

} // namespace oldfilm::job

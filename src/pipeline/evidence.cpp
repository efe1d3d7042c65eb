#include "pipeline/evidence.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_max_pool2d.h>
#include <ATen/ops/full.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/zeros_like.h>

namespace oldfilm::pipeline {
namespace {

bool same_size_of(const Frame& a, const Frame& b) {
    return a.height() == b.height() && a.width() == b.width();
}

/// Everywhere, as the stage says.
at::Tensor said(const stage::Made& made, const Frame& after) {
    return made.evidence.defined()
               ? made.evidence
               : at::full({1, after.height(), after.width()}, static_cast<std::int64_t>(made.kind),
                          after.picture().options().dtype(at::kByte));
}

/// What earlier stages said, for a picture of the size of `after`: of the samples that one of them
/// covers, what is farthest from the film.
at::Tensor earlier(const Frame& before, const Frame& after) {
    if (same_size_of(before, after)) {
        return before.evidence();
    }
    return std::get<0>(at::adaptive_max_pool2d(before.evidence().to(at::kFloat),
                                               {after.height(), after.width()}))
        .to(at::kByte);
}

} // namespace

Frame with_evidence(const Frame& before, const Frame& after, const stage::Made& made) {
    at::Tensor evidence = said(made, after);
    if (same_size_of(before, after)) {
        // Channels that a stage added are compared with the one that there was.
        const at::Tensor differs = (after.picture() != before.picture()).any(0, true);
        evidence = evidence * differs;
    }
    if (before.evidence().defined()) {
        evidence = at::maximum(evidence, earlier(before, after));
    }
    return after.with_evidence(std::move(evidence));
}

Frame with_evidence(const Frame& a, const Frame& b, const Frame& between, const stage::Made& made) {
    at::Tensor evidence = said(made, between);
    for (const Frame* end : {&a, &b}) {
        if (end->evidence().defined()) {
            evidence = at::maximum(evidence, earlier(*end, between));
        }
    }
    return between.with_evidence(std::move(evidence));
}

} // namespace oldfilm::pipeline

#pragma once
/// \file
/// One picture from several of the same card.

#include <oldfilm/sdk/host.hpp>

#include <ATen/core/Tensor.h>

#include <vector>

namespace oldfilm::stages {

/// `picture` with the brightness and contrast of `like`, by the means and deviations of both.
[[nodiscard]] at::Tensor matched(const at::Tensor& picture, const at::Tensor& like);

/// The mean of `pictures`, of which the first is the one to be restored, where they agree. Values
/// far from the median (dust, scratches) do not count. Where the first differs from the median in
/// many places, text comes or goes, and the first stays. All C x H x W. Takes a second for large
/// pictures and stops between its steps in a canceled run (`sdk::Failure`).
[[nodiscard]] at::Tensor averaged(const sdk::Host& host, const std::vector<at::Tensor>& pictures);

} // namespace oldfilm::stages

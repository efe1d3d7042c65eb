#pragma once
/// \file
/// The model that colorizes, as the stage uses it.

#include "hints.hpp"

#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/stage_torch.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace oldfilm::stages {

/// L / 100 of a frame reduced to some size, 1 x 1 x h x w in [0, 1].
at::Tensor luma_of(const sdk::FrameView& frame, std::int64_t height, std::int64_t width);

/// What the network makes of a picture.
struct NetworkView {
    at::Tensor luma;       ///< 1 x 1 x H x W as the network sees it
    at::Tensor features{}; ///< 1 x F x h x w; undefined if the model gives none
};

/// A colorize model with the inputs that it asks for.
class ColorNetwork {
  public:
    ColorNetwork() = default;
    /// For frames of height x width. `asked`: parameter `render_size`; `fade`: how far colors that
    /// the model is not sure of fade to gray. Throws `sdk::Failure` if it is no colorize model.
    ColorNetwork(const sdk::Host& host, const std::string& model, std::int64_t height,
                 std::int64_t width, std::int64_t asked, double fade);

    [[nodiscard]] const sdk::Manifest& manifest() const noexcept { return manifest_; }
    /// The size that it sees.
    [[nodiscard]] std::int64_t height() const noexcept { return height_; }
    [[nodiscard]] std::int64_t width() const noexcept { return width_; }
    /// Whether it gives features, by which places that look alike are found.
    [[nodiscard]] bool finds_alike() const { return manifest_.has_output("features"); }
    /// For models that take a reference picture, 1 x 3 x H x W at any size.
    void set_reference(const at::Tensor& picture);
    /// Colors are differences of YUV rather than ab of Lab.
    void set_yuv(bool yuv) noexcept { yuv_ = yuv; }

    /// Colors of a picture, 1 x 3 or 1 x H x W, at the network's size. `view.luma` is what it sees;
    /// `view.features` are set.
    [[nodiscard]] at::Tensor colors(const at::Tensor& picture, NetworkView& view,
                                    const ShotHints& hints, std::int64_t index) const;
    /// The view of a picture of another size, of which the luma is known: 1 x 1 x h x w.
    [[nodiscard]] NetworkView view_of(const at::Tensor& luma) const;

  private:
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> render_size(std::int64_t height,
                                                                    std::int64_t width) const;
    [[nodiscard]] at::Tensor faded(const sdk::NamedTensors& outputs) const;
    [[nodiscard]] at::Tensor gray(const at::Tensor& picture, const at::Tensor& light) const;
    [[nodiscard]] at::Tensor hint_plane(const std::string& name, const at::Tensor& light,
                                        const ShotHints& hints, std::int64_t index) const;

    sdk::Model model_;
    sdk::Manifest manifest_;
    std::int64_t asked_ = 0, height_ = 0, width_ = 0;
    double fade_ = 1;
    bool yuv_ = false;
    at::Tensor reference_;
};

} // namespace oldfilm::stages

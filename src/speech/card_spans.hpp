#pragma once
/// \file
/// Finds the frames that show one title card.

#include "speech/thumbnail.hpp"

#include <oldfilm/frame.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace oldfilm::speech {

/// Consecutive frames that show one title card.
struct Card {
    Rational start, end;     ///< in seconds: of its first frame, and after its last one
    std::int64_t frames = 0; ///< how many show it
    std::int64_t next = 0;   ///< number of the frame after it
    at::Tensor picture;      ///< the mean of frames from all of it; luma, 1 x H x W float32
};

/// Takes a film's frames one after the other.
class CardSpans {
  public:
    /// `found` is called with each card, after its last frame.
    explicit CardSpans(std::function<void(Card)> found) : found_(std::move(found)) {}
    void add(const Frame& frame);
    /// At the end of the film.
    void finish();

  private:
    /// A frame as it is compared.
    struct Seen {
        FrameInfo info;
        at::Tensor luma;
        Thumbnail thumbnail;
    };
    void add(Seen frame);
    void begin(const Seen& frame);
    void extend(const Seen& frame);
    void end_span();
    void keep(const at::Tensor& luma, double contrast);
    [[nodiscard]] at::Tensor average();

    std::function<void(Card)> found_;
    Card card_;
    Thumbnail reference_;
    std::vector<Seen> strays_;      ///< since the last frame of the span: damage, or another one
    std::int64_t stride_ = 1;       ///< one in so many frames is kept
    std::vector<at::Tensor> kept_;  ///< luma, 1 x H x W, 8 bits
    std::vector<double> contrasts_; ///< of those
};

} // namespace oldfilm::speech

#pragma once
/// \file
/// What comes into a run, looked at before stages trust it.

#include <oldfilm/frame.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace oldfilm {

/// The door of a run, for frames that are pushed and for those that it pulls: both are somebody
/// else's. One thread at a time.
class Door {
  public:
    /// For frames of this format, for stages on `device`.
    Door(const StreamFormat& format, at::Device device) : format_(format), device_(device) {}
    /// Throws `Error` (format_mismatch), naming the frame and what was expected, unless the frame
    /// is of the format, after the one before, and where it can be read.
    void check(const Frame& frame) const;
    /// The frame came in.
    void let_in(const Frame& frame);

  private:
    StreamFormat format_;
    at::Device device_;
    std::int64_t number_ = 0; ///< of the next frame
    std::optional<Rational> last_;
};

} // namespace oldfilm

#pragma once
/// \file
/// What a stage is asked for, and where it puts the result.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/tensor_ref.hpp>

#include <cstddef>
#include <cstdint>

namespace oldfilm::sdk {

/// A requested output; see oldfilm_request. Valid until the call returns.
class Request {
  public:
    explicit Request(const oldfilm_request& request) noexcept : request_(&request) {}
    [[nodiscard]] std::int64_t index() const noexcept { return request_->index; }
    [[nodiscard]] std::size_t count() const noexcept { return request_->count; }
    /// Entry `i` of the window, starting at 0 (the earliest).
    [[nodiscard]] FrameView frame(std::size_t i) const noexcept {
        return FrameView(*request_->frames[i]);
    }
    [[nodiscard]] FrameView center() const noexcept { return frame(center_entry()); }
    /// Index of the center in the window.
    [[nodiscard]] std::size_t center_entry() const noexcept { return request_->center; }
    /// Rate changers: position between frame(0) and frame(1), in (0, 1).
    [[nodiscard]] double position() const noexcept { return request_->position; }
    /// The output is the center frame itself.
    void pass_through() const noexcept { request_->result->unchanged = 1; }
    /// Transfers ownership of the output to the host. See oldfilm_result for shapes.
    void set_output(TensorRef picture) const noexcept {
        request_->result->picture = picture.release();
    }
    void set_mask(TensorRef mask) const noexcept {
        request_->result->mask = mask.release();
        request_->result->has_mask = 1;
    }

  private:
    const oldfilm_request* request_;
};

} // namespace oldfilm::sdk

#pragma once
/// \file
/// Frames as a call lends them to a plugin.

#include "stage/c_values.hpp"
#include "stage/services.hpp"
#include "stage/tensors.hpp"

#include <oldfilm/frame.hpp>

#include <deque>

namespace oldfilm::stage {

/// A frame lent to the plugin: the C struct and the tensors that it points to.
class Lent {
  public:
    Lent(const Frame& frame, bool torch)
        : picture_(lend(frame.picture(), torch)), has_damage_(frame.damage().defined()) {
        if (frame.mask().defined()) {
            mask_ = lend(frame.mask(), torch);
        }
        if (has_damage_) {
            damage_ = lend(frame.damage(), torch);
        }
        const FrameInfo& info = frame.info();
        c_.size = sizeof(c_);
        c_.picture = &picture_;
        c_.mask = frame.mask().defined() ? &mask_ : nullptr;
        c_.index = info.index;
        c_.pts = info.pts;
        c_.duration = info.duration;
        c_.time_base = rational_of(info.time_base);
        c_.shot = info.shot;
        c_.origin = static_cast<std::int32_t>(info.origin);
        c_.color = color_of(info.color);
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    [[nodiscard]] const oldfilm_frame* c() const noexcept { return &c_; }
    /// Null if nothing is known.
    [[nodiscard]] const oldfilm_tensor* damage() const noexcept {
        return has_damage_ ? &damage_ : nullptr;
    }

  private:
    oldfilm_tensor picture_;
    oldfilm_tensor mask_{}, damage_{};
    bool has_damage_;
    oldfilm_frame c_{};
};

/// What a call lends; the host's services know it again.
class LentFrames {
  public:
    explicit LentFrames(HostSide& host) : host_(host) {}
    LentFrames(const LentFrames&) = delete;
    LentFrames& operator=(const LentFrames&) = delete;
    ~LentFrames() {
        host_.lent.clear();
        host_.damage.clear();
    }
    const oldfilm_frame* add(const Frame& frame) {
        for (const at::Tensor& plane : {frame.picture(), frame.mask(), frame.damage()}) {
            if (plane.defined()) {
                host_.lent.push_back(plane);
            }
        }
        const Lent& one = frames_.emplace_back(frame, host_.torch());
        if (one.damage() != nullptr) {
            host_.damage.emplace(one.c(), one.damage());
        }
        return one.c();
    }

  private:
    HostSide& host_;
    std::deque<Lent> frames_; ///< a deque, so that pointers stay valid while it grows
};

} // namespace oldfilm::stage

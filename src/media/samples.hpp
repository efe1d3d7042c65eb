#pragma once
/// \file
/// The samples that a frame was decoded from, where they are, and elsewhere for who asks.

#include "media/surfaces.hpp"

#include <oldfilm/frame.hpp>

#include <c10/core/Event.h>

#include <memory>
#include <mutex>
#include <optional>

namespace oldfilm::media {

/// A tensor on its way to the host, after what the calling thread's current stream has queued.
class PendingDownload {
  public:
    explicit PendingDownload(const at::Tensor& there);
    /// Waits for it alone.
    [[nodiscard]] const at::Tensor& wait() const;

  private:
    at::Tensor here_;
    std::optional<c10::Event> arrived_; ///< nothing for what was on the host
};

/// Immutable; for any thread.
class Samples {
  public:
    /// On the host. `frame` is in the layout's format.
    Samples(UniqueFrame frame, const Layout& layout);
    /// On a device, as the calling thread's current stream is making them.
    Samples(Planes planes, const Layout& layout);

    [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
    [[nodiscard]] std::int64_t height() const noexcept { return height_; }
    [[nodiscard]] std::int64_t width() const noexcept { return width_; }
    /// Where they were decoded.
    [[nodiscard]] at::Device device() const;
    /// On the host; the first who asks brings them there, and waits for them alone.
    [[nodiscard]] const AVFrame& on_host() const;
    /// On `device`, after what the calling thread's current stream has queued. On the host they
    /// live no longer than this.
    [[nodiscard]] Planes on(const at::Device& device) const;
    /// Whether they came to the host, or were there from the start.
    [[nodiscard]] bool are_on_host() const;

  private:
    [[nodiscard]] UniqueFrame fetched() const;

    Layout layout_;
    std::int64_t height_, width_;
    Planes planes_;                  ///< none of what was decoded on the host
    std::optional<c10::Event> made_; ///< after which the planes are there; none on the CPU
    mutable std::mutex mutex_;
    mutable UniqueFrame host_; ///< guarded by `mutex_`; once there it stays
};

/// What `CodedPicture::samples` points to.
struct CodedSamples {
    std::shared_ptr<const Samples> samples;
    // How the picture was made of them.
    ColorTags tags;
    bool gray = false;
};

} // namespace oldfilm::media

#pragma once
/// \file
/// The services of the host.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/tensor_ref.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace oldfilm::sdk {

/// The services of the host; see plugin.h for the threads on which they may be used. Cheap to copy;
/// valid as long as the stage.
class Host {
  public:
    explicit Host(const oldfilm_host* host) noexcept : host_(host) {}
    [[nodiscard]] const oldfilm_host* c() const noexcept { return host_; }
    /// Folder of the plugin library; empty for a stage that is part of the program.
    [[nodiscard]] std::string folder() const { return host_->folder; }
    /// Null if the host does not offer the service.
    template <class Service>
    [[nodiscard]] const Service* extension(const char* id) const noexcept {
        return static_cast<const Service*>(host_->get_extension(host_, id));
    }
    /// Writes a line. On any thread.
    void log(LogLevel level, const std::string& line) const {
        if (const auto* service = extension<oldfilm_host_log>(OLDFILM_EXT_LOG)) {
            service->write(host_, static_cast<std::int32_t>(level), line.c_str());
        }
    }
    void warn(const std::string& line) const { log(LogLevel::warning, line); }
    /// Whether the run was canceled: return soon. On any thread.
    [[nodiscard]] bool cancelled() const noexcept {
        const auto* service = extension<oldfilm_host_cancel>(OLDFILM_EXT_CANCEL);
        return service != nullptr && service->cancelled(host_) != 0;
    }
    /// A cancellation point, for between the steps of what takes longer than a tenth of a second:
    /// throws `Failure` with `Status::cancelled` if the run was canceled.
    void stop_if_cancelled() const {
        if (cancelled()) {
            throw Failure("", Status::cancelled);
        }
    }
    /// An uninitialized contiguous tensor on the device of the stage.
    [[nodiscard]] TensorRef allocate(std::initializer_list<std::int64_t> shape,
                                     DataType type = DataType::float32) const {
        oldfilm_tensor tensor{};
        const std::vector<std::int64_t> sizes(shape);
        check(require<oldfilm_host_tensor>(OLDFILM_EXT_TENSOR)
                  ->allocate(host_, static_cast<std::int32_t>(type), static_cast<int>(sizes.size()),
                             sizes.data(), &tensor));
        return TensorRef(tensor);
    }
    /// Optical flow between two pictures, 2 x H x W in pixels: to(p + flow(p)) matches from(p).
    [[nodiscard]] TensorRef flow(const FrameView& from, const FrameView& to) const {
        oldfilm_tensor tensor{};
        check(require<oldfilm_host_flow>(OLDFILM_EXT_FLOW)
                  ->flow(host_, &from.picture(), &to.picture(), &tensor));
        return TensorRef(tensor);
    }
    /// Flow at full instead of half resolution, for output that shows warped pictures directly.
    /// About three times slower.
    [[nodiscard]] TensorRef fine_flow(const FrameView& from, const FrameView& to) const {
        oldfilm_tensor tensor{};
        check(require<oldfilm_host_flow>(OLDFILM_EXT_FLOW)
                  ->fine_flow(host_, &from.picture(), &to.picture(), &tensor));
        return TensorRef(tensor);
    }
    /// Throws `Failure` if the host does not offer the service.
    template <class Service>
    [[nodiscard]] const Service* require(const char* id) const {
        const auto* service = extension<Service>(id);
        if (service == nullptr) {
            throw Failure(std::string("the stage needs the host's service ") + id +
                          ", which this build of oldfilm does not offer; use a full build");
        }
        return service;
    }
    /// Throws the failure of a service, which has already reported the reason.
    static void check(int status) {
        if (status != OLDFILM_OK) {
            throw Failure("", static_cast<Status>(status));
        }
    }

  private:
    const oldfilm_host* host_;
};

} // namespace oldfilm::sdk

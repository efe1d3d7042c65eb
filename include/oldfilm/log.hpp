#pragma once
/// \file
/// Where messages go: one callback, the same member `log` in every options struct.

#include <oldfilm/export.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace oldfilm {

enum class LogLevel : std::uint8_t {
    debug,   ///< for diagnosis, such as what was fused in a model
    info,    ///< what a person may want to know, such as that a job is resumed
    warning, ///< something was converted, left out, guessed or concealed
};

/// A callback for messages. Errors are thrown and never logged. Copies share one callback, which is
/// called on any thread, by one of the copies at a time; it may log itself. Exceptions that it
/// throws are discarded. Functions are const and thread-safe.
class OLDFILM_API Log {
  public:
    using Callback = std::function<void(LogLevel level, std::string_view text)>;

    /// Discards all messages.
    Log() = default;
    /// `callback` must be callable until the last copy is destroyed. An empty one discards all
    /// messages.
    Log(Callback callback);
    template <std::invocable<LogLevel, std::string_view> F>
    requires(!std::same_as<std::remove_cvref_t<F>, Log> &&
             !std::same_as<std::remove_cvref_t<F>, Callback>) Log(F&& callback)
        : Log(Callback(std::forward<F>(callback))) {}

    void operator()(LogLevel level, std::string_view text) const;
    void debug(std::string_view text) const { (*this)(LogLevel::debug, text); }
    void info(std::string_view text) const { (*this)(LogLevel::info, text); }
    void warning(std::string_view text) const { (*this)(LogLevel::warning, text); }
    /// Whether anybody receives the messages.
    explicit operator bool() const { return shared_ != nullptr; }
    /// A log that passes each text on once.
    [[nodiscard]] Log each_once() const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

} // namespace oldfilm

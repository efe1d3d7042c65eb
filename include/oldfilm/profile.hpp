#pragma once
/// \file
/// Where the time of a restoration is spent.

#include <oldfilm/export.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oldfilm {

/// Records what one or several runs spend their time on. Set it as `PipelineOptions::profile`; read
/// it after the runs. Thread-safe. Without a profile nothing is measured.
class OLDFILM_API Profile {
  public:
    using Clock = std::chrono::steady_clock;
    /// What a span of time was spent on.
    enum class Kind : std::uint8_t {
        stage,    ///< a stage's `process`, including models and flow
        analysis, ///< analysis of a shot before its frames
        model,    ///< a network, within a stage
        flow,     ///< optical flow, within a stage
        decode,   ///< decoding a frame and converting it to a picture
        shots,    ///< shot detection
        copy,     ///< copying a frame to the device or back
        encode,   ///< encoding and writing a picture
        wait,     ///< the stages are idle, waiting for decoding or encoding
    };

    /// `keep_spans`: record spans for `trace`, which takes 32 bytes per span.
    explicit Profile(bool keep_spans = false);
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    /// Adds a span. `what` is the name of the stage, or empty; it is copied. `frame` is the number
    /// of the frame, or -1.
    void add(Kind kind, std::string_view what, std::int64_t frame, Clock::time_point begin,
             Clock::time_point end);
    /// Records the number of frames in flight and the bytes that they occupy; the maximum is
    /// reported.
    void add_memory(std::int64_t frames, std::int64_t bytes);

    /// Adds a line below the table, unless it is there already.
    void note(const std::string& line);

    /// A human-readable table: one line per stage (calls; seconds in total, in models, in flow, and
    /// its own; milliseconds per call) and one per kind of work around the stages, followed by the
    /// peak memory and the lines of `note`.
    [[nodiscard]] std::string table() const;
    /// The first five million spans as JSON text in Chrome's trace event format, which Perfetto
    /// also reads. Empty without `keep_spans`.
    [[nodiscard]] std::string trace() const;

    /// Measures its own lifetime. Does nothing if `profile` is null. `profile` and `what` must
    /// outlive it.
    class Span {
      public:
        Span(Profile* profile, Kind kind, std::string_view what, std::int64_t frame = -1)
            : profile_(profile), kind_(kind), what_(what), frame_(frame),
              begin_(profile != nullptr ? Clock::now() : Clock::time_point()) {}
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;
        ~Span() {
            if (profile_ != nullptr) {
                profile_->add(kind_, what_, frame_, begin_, Clock::now());
            }
        }

      private:
        Profile* profile_;
        Kind kind_;
        std::string_view what_;
        std::int64_t frame_;
        Clock::time_point begin_;
    };

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace oldfilm

#pragma once
/// \file
/// Where a restoration's time goes.

#include <oldfilm/export.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oldfilm {

/// Collects what a run, or several, spend their time on. Give it to `PipelineOptions::profile`; ask
/// when they are over. Thread-safe. Without a profile nothing is measured.
class OLDFILM_API Profile {
  public:
    using Clock = std::chrono::steady_clock;
    /// What a span of time went into.
    enum class Kind : std::uint8_t {
        stage,    ///< a stage's `process`, with all that it calls
        analysis, ///< a stage looks at a shot ahead of its frames
        model,    ///< a network, within a stage
        flow,     ///< optical flow, within a stage
        decode,   ///< a frame is decoded and becomes a picture
        shots,    ///< cuts are looked for
        copy,     ///< a frame goes to the device or comes back
        encode,   ///< a picture is coded and written
        wait,     ///< the stages have nothing to do: decoding or encoding holds them up
    };

    /// `keep_spans`: whether `trace` is wanted; each span then takes 32 bytes.
    explicit Profile(bool keep_spans = false);
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    /// `what` names the stage, or is empty; `frame` is the frame's number, -1 where there is none.
    void add(Kind kind, std::string_view what, std::int64_t frame, Clock::time_point begin,
             Clock::time_point end);
    /// How much memory frames in flight keep, in bytes.
    void add_memory(std::int64_t frames, std::int64_t bytes);

    /// A line for the end of the table; a line that is there is not repeated.
    void note(const std::string& line);

    /// A line for each stage (calls, all its time, models, flow, what is left for itself, per
    /// frame) and for what is done around stages, and the memory; for people to read.
    [[nodiscard]] std::string table() const;
    /// All spans in Chrome's trace event format, which Perfetto's viewer opens too (JSON text). The
    /// first five million; empty where spans were not kept.
    [[nodiscard]] std::string trace() const;

    /// Measures its own life. Does nothing where `profile` is null.
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

#pragma once
/// \file
/// Which shot a frame of a clip is in, as far as that is known.

#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace vsplugin {

/// Where shots begin: listed, read from the frames, or found in their pictures, which gives what a
/// run of the whole film finds. The last two need all frames from the first one on, in order. One
/// thread at a time.
class ShotMap {
  public:
    enum class Source : std::uint8_t {
        pictures,   ///< cuts are detected, as `ShotOptions::Source::automatic` does
        properties, ///< at frames that say so (`_SceneChangePrev`)
        list,       ///< of `ShotOptions::first_frames`; without any, the clip is one shot
    };
    /// `options`: as a run takes them, and of the same kind as `source`. Throws `Error`
    /// (invalid_argument) as `Pipeline::plan` does.
    ShotMap(Source source, const oldfilm::ShotOptions& options, const oldfilm::StreamFormat& format,
            std::int64_t frames);

    /// How a run of the whole clip finds the same shots by itself; nothing if it does not.
    [[nodiscard]] const std::optional<oldfilm::ShotOptions>& found_by_runs() const {
        return found_by_runs_;
    }
    /// The frame that must be seen next; the number of frames if none need be.
    [[nodiscard]] std::int64_t next() const { return next_; }
    /// Frame `next()` of the clip. `cut`: what its properties say.
    void see(const oldfilm::Frame& frame, bool cut);

    /// The number of frames, from the first one on, whose shot is known.
    [[nodiscard]] std::int64_t known() const { return known_; }
    /// Of a frame whose shot is known.
    [[nodiscard]] std::int32_t shot_of(std::int64_t frame) const;
    [[nodiscard]] std::int64_t first_of(std::int64_t frame) const;
    [[nodiscard]] bool is_first(std::int64_t frame) const;
    /// The known first frames of shots after frame `after`.
    [[nodiscard]] std::vector<std::int64_t> firsts_after(std::int64_t after) const;

  private:
    void take_found();

    std::int64_t frames_;
    std::int64_t next_ = 0, known_ = 0;
    std::vector<std::int64_t> firsts_{0};
    std::optional<oldfilm::ShotOptions> found_by_runs_;
    std::optional<oldfilm::Run> finder_; ///< without stages: it finds cuts, and nothing else
};

} // namespace vsplugin

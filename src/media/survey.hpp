#pragma once
/// \file
/// What the pictures of a film tell that its flags do not, from a bounded sample.

#include <oldfilm/media.hpp>

#include <cstdint>
#include <string>

namespace oldfilm::media {

/// So many of the film's own frames in so many that are shown; 0 where each is shown once.
struct Pulldown {
    std::int64_t own = 0, shown = 0;
    [[nodiscard]] bool any() const noexcept { return own > 0; }
};

struct Survey {
    enum class Fields : std::uint8_t {
        together,     ///< both of one time, or nothing moves
        top_first,    ///< combed
        bottom_first, ///< combed
    };
    Fields fields = Fields::together;
    /// Combed with a cadence: in each five frames one repeats the field before it at the top, and
    /// one at the bottom (2:3 pulldown).
    bool telecined = false;
    /// 2:3 pulldown by flags alone: every other frame says that a field is to be repeated.
    bool repeats_fields = false;
    /// By frames that show the one before them again.
    Pulldown pulldown;
    double usual = 0;         ///< by how much frames differ that show two pictures
    std::int64_t frames = -1; ///< of the whole film, where the sample reaches its end
};

/// Looks at `path`: its beginning, and, of a film that is longer, two places more. What can't be
/// read twice (standard input), and what no video device made (pictures, sequences of them), is
/// not looked at. `rate`: frames a second; 0 when irregular. Never throws: what is wrong with the
/// film is reported when it is read.
Survey survey(const std::string& path, const ReadOptions& read, const Rational& rate);

} // namespace oldfilm::media

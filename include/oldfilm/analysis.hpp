#pragma once
/// \file
/// What a film is beyond its flags, found in its pictures: the active area, tints and tones, title
/// cards, interlacing, cadence, dissolves and fades, damage.

#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/shots.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

/// The part of a frame that the picture takes, in pixels. Outside lie black bars or the edge of the
/// film gate.
struct ActiveArea {
    std::int64_t left = 0, top = 0, width = 0, height = 0;
    bool rounded = false; ///< its corners are rounded, as those of a film gate
    bool operator==(const ActiveArea&) const = default;
};

/// What a picture shows.
enum class PictureKind : std::uint8_t {
    picture,
    title_card, ///< text on an even background: an intertitle, a title, credits
    leader,     ///< even, and not black
    black,
};

enum class Coloring : std::uint8_t {
    black_and_white,
    tinted, ///< monochrome with a tint or a tone: the color of a pixel follows from its luma
    color,
};

/// The color that a monochrome picture was given by tinting or toning.
struct Tint {
    using Color = std::array<double, 3>; ///< R, G, B, non-linear as coded, nominally in [0, 1]
    /// Colors for luma 0, 1/16 ... 1, with the luma weights of BT.601.
    std::array<Color, 17> colors{};
    /// The color for `luma`, in [0, 1], by linear interpolation.
    [[nodiscard]] OLDFILM_API Color at(double luma) const;
};

/// How damaged a shot is, at a glance. Nothing is repaired for it. Motion that is fast can be
/// mistaken for dust, and a line that crosses all of a still picture for a running scratch.
struct ShotDamage {
    /// Standard deviation of the exposure from frame to frame, in percent of the mean code value;
    /// -1 if unknown, as of less than three frames.
    double flicker = -1;
    /// Root mean square of gate weave, in pixels; -1 if unknown, as where no structure shows it.
    double weave = -1;
    double dust = -1; ///< spots per frame; -1 if unknown, as where everything moves
    std::vector<std::int64_t> scratches; ///< columns of running scratches, in pixels from the left
};

/// Facts of a shot, or, in a sample, of consecutive frames in one place.
struct ShotFacts {
    std::int64_t first = 0;  ///< number of the first frame that was looked at; -1 if unknown
    std::int64_t frames = 0; ///< that were looked at
    double time = 0;         ///< of the first one, in seconds
    PictureKind kind = PictureKind::picture;
    Coloring coloring = Coloring::black_and_white; ///< black leader is black and white
    Tint tint;                                     ///< if tinted
    /// Of the grain at medium gray, in code values of 8 bits; -1 if unknown, as of a single frame.
    double grain_sigma = -1;
    double grain_size = 0; ///< in pixels, as the parameter `size` of the stage `grain`
    ShotDamage damage;
};

enum class TransitionKind : std::uint8_t {
    dissolve, ///< from one picture to another
    fade_out, ///< from a picture to black, or to another even tone
    fade_in,  ///< from there to a picture
};

/// A gradual change from one shot to the next. It may begin and end within entries of
/// `FilmFacts::shots`, which go from cut to cut.
struct Transition {
    TransitionKind kind = TransitionKind::dissolve;
    std::int64_t first = 0;  ///< number of the first frame that is mixed
    std::int64_t frames = 0; ///< that are
    double time = 0;         ///< of the first one, in seconds
};

/// When the two fields of a frame were taken.
enum class FieldOrder : std::uint8_t {
    progressive, ///< at one time, or nothing moves
    top_first,
    bottom_first,
};

struct OLDFILM_API FilmFacts {
    std::int64_t width = 0, height = 0; ///< of a frame
    /// Of the film's pictures; the whole frame if there are no bars, or no pictures.
    ActiveArea area;
    /// Of most pictures and title cards.
    Coloring coloring = Coloring::black_and_white;
    /// Of its pictures: medians of the shots, and the columns that scratches have in any of them.
    ShotDamage damage;
    std::vector<ShotFacts> shots;
    /// Dissolves and fades of 4 to about 90 frames, in order. Only of consecutive frames with
    /// numbers, as with `full`.
    std::vector<Transition> transitions;
    bool sampled = false; ///< `shots` are places in the film rather than its shots
    /// By the pictures, regardless of the flags of the file. From `analyze_film` only.
    FieldOrder fields = FieldOrder::progressive;
    bool telecined = false; ///< combed in the cadence of 2:3 pulldown, which deinterlacing undoes
    /// Rate of the film's own frames; 0 if unknown or irregular. From `analyze_film` only.
    Rational film_rate;
    /// All of the above as JSON text.
    [[nodiscard]] std::string to_json() const;
};

/// Name of an enumerator, as in JSON: "title_card", "black_and_white", "top_first".
OLDFILM_API const char* to_string(PictureKind kind);
OLDFILM_API const char* to_string(Coloring coloring);
OLDFILM_API const char* to_string(FieldOrder fields);
OLDFILM_API const char* to_string(TransitionKind kind);

/// Finds facts in frames that the program decodes. Not thread-safe: use it on one thread at a time.
///
/// The active area is where lines stop being dark and even in nearly all pictures (the idea of
/// FFmpeg's cropdetect, at half height of the edge). Tints differ from color in how far the
/// colors of one luma are apart. Title cards are two-level pictures (Otsu, "A threshold selection
/// method from gray-level histograms", 1979) with thin strokes in lines and empty margins. In a
/// dissolve, each frame is a mixture of the pictures before and after it (Hampapur, Jain and
/// Weymouth, "Production model based digital video segmentation", 1995), in a fade, the contrast
/// goes evenly to nothing or comes from there.
class OLDFILM_API FilmAnalyzer {
  public:
    FilmAnalyzer();
    ~FilmAnalyzer();
    FilmAnalyzer(FilmAnalyzer&&) noexcept;
    FilmAnalyzer& operator=(FilmAnalyzer&&) noexcept;
    /// Looks at a frame; another `FrameInfo::shot` than that of the frame before begins another
    /// entry of `FilmFacts::shots`. Transitions are found in frames whose `FrameInfo::index`
    /// increases by one. The picture may be on any device; NaN counts as 0, samples
    /// outside [0, 1] as the nearer end. Throws `Error` (format_mismatch) if the size differs from
    /// that of the frames before.
    void add(const Frame& frame);
    /// What is known from the frames so far.
    [[nodiscard]] FilmFacts facts() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct AnalysisOptions {
    ReadOptions read;
    int places = 20; ///< where the film is sampled, at even distances
    int frames = 6;  ///< consecutive ones in each place
    /// Looks at all of the film, shot by shot. `FilmFacts::shots` are then all shots, as a run with
    /// `shots` finds them.
    bool full = false;
    ShotOptions shots;
    /// With `full`, called after each frame with the number of frames so far, on the calling
    /// thread; may be empty.
    std::function<void(std::int64_t frames)> progress;
    std::stop_token stop;
};

/// Facts of a file from a bounded sample of its frames, or from all of them. Files that can't be
/// read at any place (a pipe, streams without an index) are read from the start, up to as many
/// frames. Thread-safe. Throws `Error` as `Reader` does, and cancelled.
OLDFILM_API FilmFacts analyze_film(const std::string& path, const AnalysisOptions& options = {});

/// What stages of `pipeline` should do in single shots by the facts of all shots of a film, for
/// `ShotOptions::overrides`:
///  - `colorize` is off except in black-and-white pictures: title cards, leader and black stay
///    gray, tints, tones and colors stay what they are;
///  - `title-card` is on in title cards only;
///  - `interpolate` is off in title cards, so that no text is made between two;
///  - `face-enhance` is off except in pictures;
///  - `grain` has the strength and the size of the shot's own grain, enlarged as `superres`
///  enlarges
///    the film;
///  - `tint` is off except in tinted shots, where it has the colors of the shot.
/// Stages that the pipeline does not have are left out. Throws `Error` (invalid_argument) for facts
/// of a sample.
OLDFILM_API std::map<std::int64_t, std::vector<StageOverride>>
overrides_for(const FilmFacts& facts, const Pipeline& pipeline);

} // namespace oldfilm

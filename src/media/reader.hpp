#pragma once
/// \file
/// What a Reader keeps: the decoder, and what turns its frames into ours.

#include "base/hidden.hpp"
#include "media/color_watch.hpp"
#include "media/decoder.hpp"
#include "media/duplicates.hpp"
#include "media/film_time.hpp"
#include "media/hdr.hpp"

#include <oldfilm/media.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>

namespace oldfilm {

struct OLDFILM_HIDDEN Reader::Impl {
    /// Pictures are made on the device `on`; `engine`, where there is one, decodes into its memory.
    Impl(const std::string& path, ReadOptions wanted, const at::Device& on,
         std::unique_ptr<media::VideoEngine> engine);
    static const Impl& of(const Reader& reader) { return *reader.impl_; }
    /// A frame of the film that is no picture yet.
    struct Coded {
        FrameInfo info;
        ColorTags color; ///< of the samples, which may not be the film's
        std::shared_ptr<const media::Decoded> decoded;
        bool is_concealing = false; ///< in place of one that could not be decoded
    };
    std::optional<Coded> next_frame();
    /// Puts the frame at the time when it was taken. False: it shows the film's frame before again.
    bool put_as_taken(FrameInfo& frame);
    /// The next within the part of the film that was asked for, on that part's clock.
    std::optional<Coded> next_asked();
    [[nodiscard]] Frame pictured(const Coded& frame) const;
    /// As `Reader::seek`.
    bool go_to(std::int64_t frame);
    /// Whether their times alone identify frames.
    [[nodiscard]] bool may_seek() const;
    /// By its time, where the film's first frame is known; -1 if it has none.
    [[nodiscard]] std::int64_t number_of(const media::Decoded& decoded) const;
    /// Frame `frame`, decoded from the key frame before `seconds` on; null if it does not come.
    media::Decoded decoded_from(const Rational& seconds, std::int64_t frame);
    /// Some matrices are more than a matrix; guessing one would shift every color.
    void check_matrix() const;
    /// Whether duplicates are left out.
    [[nodiscard]] bool is_decimated() const { return options.film_frames && found.pulldown.any(); }
    /// What the film is that its flags do not tell, or that is not what was asked for.
    void say_what_was_found() const;
    [[nodiscard]] Rational first_time() const;
    /// Where what belongs to a time of the source is in the film that is read.
    [[nodiscard]] media::FilmTime film_time() const {
        return {decoder.stream(), nominal, options, begin};
    }
    /// The timecode of the first frame that is read, at `output_rate` frames a second; empty where
    /// there is none.
    [[nodiscard]] std::string timecode_at(const Rational& output_rate, const Log& log) const;
    void describe(const std::string& path, const AVFrame& first, AVPixelFormat format);
    void describe_dpx(const std::string& path);
    Rational exact_time(const AVFrame& frame);
    Coded made(media::Decoded decoded, Rational time);
    [[nodiscard]] at::Tensor picture_of(const media::Decoded& decoded,
                                        const ColorTags& color) const;
    void conceal_until(Rational time);
    void fill_sequence(Rational time, const media::Decoded* next);
    [[nodiscard]] std::shared_ptr<const media::Decoded> stand_in(const media::Decoded* next,
                                                                 std::int64_t place);
    void check_end(bool broken);

    struct Waiting {
        media::Decoded decoded;
        bool broken_before = false;
    };

    ReadOptions options;
    at::Device device;
    media::Decoder decoder;
    Rational nominal; ///< the file's own rate
    Rational rate;    ///< 0 when times are irregular
    media::Survey found;
    media::Duplicates duplicates;
    media::FilmClock clock;
    Rational begin; ///< of the film, on its container's clock; times count from there
    MediaInfo info;
    media::ColorWatch colors{decoder, info, options.log};
    media::Hdr hdr;
    std::string dynamic_hdr;             ///< that there is such, by its name
    std::optional<media::DpxHeader> dpx; ///< of the film's first whole picture
    bool gray = false;
    bool over = false, ended = false;
    int unreadable = 0;        ///< pictures of a sequence that were named as such
    int suspect = 0;           ///< so many frames more may show what the last damage took
    std::deque<Waiting> ahead; ///< decoded to look at, not yet given
    std::deque<Coded> repeats; ///< concealing frames, and the one after them
    std::optional<Coded> last;
    std::optional<Rational> last_time, origin;
    std::optional<Rational> last_own; ///< time of the film's own frame before, where they are read
    Rational grid_start;              ///< of frames at the rate that does not go through 0
    std::int64_t count = 0;           ///< frames made
    std::int64_t given = 0;           ///< frames handed out
    std::int64_t concealed = 0;
};

} // namespace oldfilm

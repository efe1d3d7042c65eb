#include "media/chapters.hpp"

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace oldfilm::media {
namespace {

/// Of chapters in the output: those of the source may be coarser than a shifted start.
constexpr AVRational chapter_tick{1, 1'000'000'000};

void add_chapter(AVFormatContext& to, const AVChapter& from, const Rational& start,
                 const Rational& end) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) {
        throw std::bad_alloc();
    }
    chapter->id = from.id;
    chapter->time_base = chapter_tick;
    chapter->start = (start / to_rational(chapter_tick)).round();
    chapter->end = (end / to_rational(chapter_tick)).round();
    av_dict_copy(&chapter->metadata, from.metadata, 0);
    to.chapters[to.nb_chapters++] = chapter; // freed with the output
}

} // namespace

bool holds_chapters(const AVOutputFormat& format) {
    constexpr std::array<std::string_view, 7> holders{"mp4",      "mov",  "ipod", "3gp",
                                                      "matroska", "webm", "nut"};
    return std::find(holders.begin(), holders.end(), format.name) != holders.end();
}

void copy_chapters(const AVFormatContext& from, AVFormatContext& to, const FilmTime& time) {
    if (from.nb_chapters == 0 || !time.is_known() || !holds_chapters(*to.oformat)) {
        return;
    }
    to.chapters = static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(AVChapter*)));
    if (to.chapters == nullptr) {
        throw std::bad_alloc();
    }
    for (unsigned i = 0; i < from.nb_chapters; ++i) {
        const AVChapter& chapter = *from.chapters[i];
        const Rational tick = to_rational(chapter.time_base);
        // Muxers hold none before 0, where a film that begins after its sound may have the first
        // one.
        const Rational start = std::max(time(Rational(chapter.start) * tick), Rational());
        Rational end = time(Rational(chapter.end) * tick);
        if (time.end()) {
            end = std::min(end, *time.end());
        }
        if (start < end || (!time.is_cut() && end >= Rational())) {
            add_chapter(to, chapter, start, std::max(start, end));
        }
    }
}

} // namespace oldfilm::media

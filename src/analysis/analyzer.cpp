#include "analysis/borders.hpp"
#include "analysis/colors.hpp"
#include "analysis/damage.hpp"
#include "analysis/grain.hpp"
#include "analysis/kinds.hpp"
#include "analysis/median.hpp"
#include "analysis/transitions.hpp"
#include "base/hidden.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/nan_to_num.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace oldfilm {
namespace {

/// Of a shot, the pictures that borders are searched in, and grain is measured in: so many first
/// ones, then one in so many.
constexpr std::int64_t first_pictures = 8;
constexpr std::int64_t one_in = 25;
/// Places that transitions are searched in.
constexpr std::int64_t thumbnail_rows = 24;
constexpr std::int64_t thumbnail_columns = 32;

} // namespace

struct OLDFILM_HIDDEN FilmAnalyzer::Impl {
    struct Shot {
        ShotFacts facts;
        std::array<std::int64_t, 4> kinds{}; ///< frames of each
        analysis::Colors colors;
        analysis::GrainMeter grain;
        analysis::DamageMeter damage;
    };

    void begin(const FrameInfo& info);
    [[nodiscard]] FilmFacts facts() const;

    std::int64_t width = 0, height = 0;
    std::int32_t shot = -1;
    std::vector<Shot> shots;
    analysis::Borders borders;
    analysis::Transitions transitions;
    /// The frame before, of the same shot, if the next one is to be compared with it.
    std::optional<analysis::Plane> last;
};

namespace {

/// Columns of scratches that are as near to each other are one scratch.
constexpr std::int64_t same_scratch = 3;

/// The median of the pictures where it is known, else -1.
double median_of(const std::vector<ShotFacts>& shots, double ShotDamage::*value) {
    std::vector<double> known;
    for (const ShotFacts& shot : shots) {
        if (shot.kind == PictureKind::picture && shot.damage.*value >= 0) {
            known.push_back(shot.damage.*value);
        }
    }
    return known.empty() ? -1 : analysis::median(std::move(known));
}

/// The columns of all pictures, each once.
std::vector<std::int64_t> scratches_of(const std::vector<ShotFacts>& shots) {
    std::vector<std::int64_t> columns;
    for (const ShotFacts& shot : shots) {
        if (shot.kind == PictureKind::picture) {
            columns.insert(columns.end(), shot.damage.scratches.begin(),
                           shot.damage.scratches.end());
        }
    }
    std::ranges::sort(columns);
    const auto is_same = [](std::int64_t a, std::int64_t b) { return b - a <= same_scratch; };
    columns.erase(std::unique(columns.begin(), columns.end(), is_same), columns.end());
    return columns;
}

ShotDamage damage_of(const std::vector<ShotFacts>& shots) {
    return {.flicker = median_of(shots, &ShotDamage::flicker),
            .weave = median_of(shots, &ShotDamage::weave),
            .dust = median_of(shots, &ShotDamage::dust),
            .scratches = scratches_of(shots)};
}

double seconds(const FrameInfo& info) {
    return static_cast<double>(info.pts) * info.time_base.value();
}

} // namespace

void FilmAnalyzer::Impl::begin(const FrameInfo& info) {
    Shot next;
    next.facts.first = info.index;
    next.facts.time = seconds(info);
    shots.push_back(next);
    shot = info.shot;
    last.reset();
}

FilmFacts FilmAnalyzer::Impl::facts() const {
    FilmFacts film;
    film.width = width;
    film.height = height;
    film.area = borders.empty() ? ActiveArea{.width = width, .height = height} : borders.area();
    film.transitions = transitions.found();
    std::array<std::int64_t, 3> colorings{};
    for (const Shot& one : shots) {
        ShotFacts facts = one.facts;
        const auto most = std::max_element(one.kinds.begin(), one.kinds.end());
        facts.kind = static_cast<PictureKind>(most - one.kinds.begin());
        if (facts.kind != PictureKind::black) {
            facts.coloring = one.colors.coloring();
        }
        facts.damage = one.damage.damage();
        if (const auto grain = one.grain.grain()) {
            facts.grain_sigma = 255 * grain->sigma;
            facts.grain_size = grain->size;
        }
        if (facts.coloring == Coloring::tinted) {
            facts.tint = one.colors.tint();
        }
        if (facts.kind != PictureKind::black && facts.kind != PictureKind::leader) {
            colorings[static_cast<std::size_t>(facts.coloring)] += facts.frames;
        }
        film.shots.push_back(facts);
    }
    film.coloring = static_cast<Coloring>(std::max_element(colorings.begin(), colorings.end()) -
                                          colorings.begin());
    for (std::size_t i = 0; i < shots.size() && film.coloring == Coloring::color; ++i) {
        // In a color film, these are the colors of a muted scene.
        if (film.shots[i].coloring == Coloring::tinted && shots[i].colors.is_faint()) {
            film.shots[i].coloring = Coloring::color;
        }
    }
    film.damage = damage_of(film.shots);
    return film;
}

FilmAnalyzer::FilmAnalyzer() : impl_(std::make_unique<Impl>()) {}
FilmAnalyzer::~FilmAnalyzer() = default;
FilmAnalyzer::FilmAnalyzer(FilmAnalyzer&&) noexcept = default;
FilmAnalyzer& FilmAnalyzer::operator=(FilmAnalyzer&&) noexcept = default;

void FilmAnalyzer::add(const Frame& frame) {
    Impl& it = *impl_;
    // Pictures of a program, and those of EXR files, may have non-finite values.
    const at::Tensor picture = frame.picture().nan_to_num(0.0, 1.0, 0.0).clamp_(0.0, 1.0);
    const analysis::Plane luma = analysis::luma_of(picture);
    if (it.width == 0) {
        it.width = luma.width;
        it.height = luma.height;
    }
    if (luma.width != it.width || luma.height != it.height) {
        throw Error(Errc::format_mismatch,
                    fmt::format("frames of a film must be of one size, {} x {}, found {} x {}; use "
                                "another FilmAnalyzer for another film",
                                it.width, it.height, luma.width, luma.height));
    }
    if (it.shots.empty() || frame.info().shot != it.shot) {
        it.begin(frame.info());
    }
    it.transitions.add(analysis::thumbnail_of(luma, thumbnail_rows, thumbnail_columns),
                       frame.info().index, seconds(frame.info()));
    Impl::Shot& shot = it.shots.back();
    const PictureKind kind = analysis::kind_of(luma);
    ++shot.kinds[static_cast<std::size_t>(kind)];
    shot.colors.add(picture);
    shot.damage.add(luma);
    const std::int64_t number = shot.facts.frames++;
    if (it.last) {
        shot.grain.add(*it.last, luma);
        it.last.reset();
    }
    if (number < first_pictures || number % one_in == 0) {
        it.last = luma;
    }
    if (kind == PictureKind::picture && (number < first_pictures || number % one_in == 0)) {
        it.borders.add(analysis::brightest_of(picture));
    }
}

FilmFacts FilmAnalyzer::facts() const {
    return impl_->facts();
}

} // namespace oldfilm

#include "facts_view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace cli {
namespace {

using namespace oldfilm;

std::string area_text(const FilmFacts& film) {
    const ActiveArea& area = film.area;
    const bool has_columns = area.width < film.width;
    const bool has_rows = area.height < film.height;
    if (!has_columns && !has_rows) {
        return "the whole frame";
    }
    const char* name = area.rounded              ? "film gate"
                       : has_columns && has_rows ? "bars on all sides"
                       : has_rows                ? "letterbox"
                                                 : "pillarbox";
    return fmt::format("{} x {} at {}, {} ({})", area.width, area.height, area.left, area.top,
                       name);
}

std::string tint_text(const Tint& tint) {
    const Tint::Color middle = tint.at(0.5);
    const auto code = [](double value) { return std::lround(255 * std::clamp(value, 0.0, 1.0)); };
    return fmt::format("tinted, middle gray is #{:02x}{:02x}{:02x}", code(middle[0]),
                       code(middle[1]), code(middle[2]));
}

/// As words.
std::string words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

std::string coloring_text(Coloring coloring) {
    return words(to_string(coloring)) + (coloring == Coloring::tinted ? " or toned" : "");
}

/// "pictures 14, title cards 2".
std::string kinds_text(const FilmFacts& film) {
    std::array<int, 4> counts{};
    for (const ShotFacts& shot : film.shots) {
        ++counts[static_cast<std::size_t>(shot.kind)];
    }
    constexpr std::array names{"pictures", "title cards", "leader", "black"};
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (counts[i] > 0) {
            parts.push_back(fmt::format("{} {}", names[i], counts[i]));
        }
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string fields_text(const FilmFacts& film) {
    if (film.fields == FieldOrder::progressive) {
        return "progressive by its pictures";
    }
    return fmt::format("combed, {} field first{}",
                       film.fields == FieldOrder::top_first ? "top" : "bottom",
                       film.telecined ? ", telecined" : "");
}

/// "flicker 2.1 %, weave 0.6 pixels, dust 14 per frame, running scratches at column 120, 322".
std::string damage_text(const ShotDamage& damage) {
    std::vector<std::string> parts;
    if (damage.flicker >= 0) {
        parts.push_back(fmt::format("flicker {:.1f} %", damage.flicker));
    }
    if (damage.weave >= 0) {
        parts.push_back(fmt::format("weave {:.1f} pixels", damage.weave));
    }
    if (damage.dust >= 0) {
        parts.push_back(fmt::format("dust {:.0f} per frame", damage.dust));
    }
    if (!damage.scratches.empty()) {
        parts.push_back(
            fmt::format("running scratches at column {}", fmt::join(damage.scratches, ", ")));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

void print_shot(const ShotFacts& shot, std::size_t number, bool sampled) {
    const bool is_pictured =
        shot.kind == PictureKind::picture || shot.kind == PictureKind::title_card;
    std::string text = words(to_string(shot.kind));
    if (is_pictured && shot.coloring == Coloring::tinted) {
        text += ", " + tint_text(shot.tint);
    } else if (is_pictured) {
        text += ", " + coloring_text(shot.coloring);
    }
    if (is_pictured && shot.grain_sigma >= 0) {
        text += fmt::format(", grain {:.1f} of size {:.1f}", shot.grain_sigma, shot.grain_size);
    }
    if (const std::string damage = damage_text(shot.damage); is_pictured && !damage.empty()) {
        text += ", " + damage;
    }
    fmt::print("  {} {:<6} {}{:.3f} s: {}\n", sampled ? "place" : "shot ", number,
               sampled ? "at " : fmt::format("from frame {}, ", shot.first), shot.time, text);
}

void print_transition(const Transition& transition) {
    fmt::print("  {:12} from frame {}, {:.3f} s, over {} frames\n",
               words(to_string(transition.kind)), transition.first, transition.time,
               transition.frames);
}

} // namespace

void print_facts(const FilmFacts& film) {
    fmt::print("  active area  {}\n", area_text(film));
    fmt::print("  coloring     {}\n", coloring_text(film.coloring));
    fmt::print("  fields       {}\n", fields_text(film));
    if (const std::string damage = damage_text(film.damage); !damage.empty()) {
        fmt::print("  damage       {}\n", damage);
    }
    fmt::print("  {:12} {}\n", film.sampled ? "places" : "shots", kinds_text(film));
    for (std::size_t i = 0; i < film.shots.size(); ++i) {
        const ShotFacts& shot = film.shots[i];
        const bool is_plain = shot.kind == PictureKind::picture && shot.coloring == film.coloring &&
                              shot.coloring != Coloring::tinted;
        if (!film.sampled || !is_plain) {
            print_shot(shot, i + 1, film.sampled);
        }
    }
    for (const Transition& transition : film.transitions) {
        print_transition(transition);
    }
}

} // namespace cli

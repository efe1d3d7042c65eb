#include "analysis/facts.hpp"

#include "base/named.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<const char*, double ShotDamage::*>, 3> damage_values{{
    {"flicker", &ShotDamage::flicker},
    {"weave", &ShotDamage::weave},
    {"dust", &ShotDamage::dust},
}};

/// Without what is unknown.
json damage_json(const ShotDamage& damage) {
    json object{{"scratches", damage.scratches}};
    for (const auto& [name, value] : damage_values) {
        if (damage.*value >= 0) {
            object[name] = damage.*value;
        }
    }
    return object;
}

json shot_json(const ShotFacts& shot) {
    json object{{"first", shot.first},
                {"frames", shot.frames},
                {"time", shot.time},
                {"kind", to_string(shot.kind)},
                {"coloring", to_string(shot.coloring)},
                {"damage", damage_json(shot.damage)}};
    if (shot.grain_sigma >= 0) {
        object["grain"] = {{"sigma", shot.grain_sigma}, {"size", shot.grain_size}};
    }
    if (shot.coloring == Coloring::tinted) {
        object["tint"] = shot.tint.colors;
    }
    return object;
}

json transition_json(const Transition& transition) {
    return {{"kind", to_string(transition.kind)},
            {"first", transition.first},
            {"frames", transition.frames},
            {"time", transition.time}};
}

/// The enumerator of this name.
template <class Kind>
Kind enumerator(const json& name, std::initializer_list<Kind> all) {
    const auto found = name.is_string() ? base::named(name.get<std::string>(), all) : std::nullopt;
    if (!found) {
        throw Error(Errc::invalid_argument,
                    fmt::format("facts of a film have {}, which this version does not know; "
                                "analyze the film again",
                                name.dump()));
    }
    return *found;
}

/// Facts that were stored before damage was measured have none.
ShotDamage damage_from(const json& owner) {
    ShotDamage damage;
    const json object = owner.value("damage", json::object());
    damage.scratches = object.value("scratches", damage.scratches);
    for (const auto& [name, value] : damage_values) {
        damage.*value = object.value(name, -1.0);
    }
    return damage;
}

ShotFacts shot_from(const json& object) {
    ShotFacts shot;
    shot.first = object.at("first");
    shot.frames = object.at("frames");
    shot.time = object.at("time");
    shot.kind = enumerator(object.at("kind"), {PictureKind::picture, PictureKind::title_card,
                                               PictureKind::leader, PictureKind::black});
    shot.coloring = enumerator(object.at("coloring"),
                               {Coloring::black_and_white, Coloring::tinted, Coloring::color});
    shot.damage = damage_from(object);
    if (object.contains("grain")) {
        shot.grain_sigma = object.at("grain").at("sigma");
        shot.grain_size = object.at("grain").at("size");
    }
    if (shot.coloring == Coloring::tinted) {
        shot.tint.colors = object.at("tint");
    }
    return shot;
}

Transition transition_from(const json& object) {
    return {.kind =
                enumerator(object.at("kind"), {TransitionKind::dissolve, TransitionKind::fade_out,
                                               TransitionKind::fade_in}),
            .first = object.at("first"),
            .frames = object.at("frames"),
            .time = object.at("time")};
}

FilmFacts film_from(const json& document) {
    FilmFacts film;
    film.width = document.at("width");
    film.height = document.at("height");
    const json& area = document.at("area");
    film.area = {.left = area.at("left"),
                 .top = area.at("top"),
                 .width = area.at("width"),
                 .height = area.at("height"),
                 .rounded = area.at("rounded")};
    film.coloring = enumerator(document.at("coloring"),
                               {Coloring::black_and_white, Coloring::tinted, Coloring::color});
    film.fields = enumerator(document.at("fields"), {FieldOrder::progressive, FieldOrder::top_first,
                                                     FieldOrder::bottom_first});
    film.telecined = document.at("telecined");
    film.film_rate = Rational::parse(document.at("film_rate").get<std::string>());
    film.sampled = document.at("sampled");
    film.damage = damage_from(document);
    for (const json& shot : document.at(film.sampled ? "places" : "shots")) {
        film.shots.push_back(shot_from(shot));
    }
    for (const json& transition : document.at("transitions")) {
        film.transitions.push_back(transition_from(transition));
    }
    return film;
}

} // namespace

FilmFacts analysis::facts_from_json(const json& document) {
    try {
        return film_from(document);
    } catch (const json::exception& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("facts of a film lack a member ({}); analyze the film again",
                                error.what()));
    }
}

Tint::Color Tint::at(double luma) const {
    const double place = std::clamp(luma, 0.0, 1.0) * static_cast<double>(colors.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), colors.size() - 2);
    const double part = place - static_cast<double>(below);
    Color color{};
    for (std::size_t c = 0; c < color.size(); ++c) {
        color[c] = colors[below][c] + part * (colors[below + 1][c] - colors[below][c]);
    }
    return color;
}

const char* to_string(PictureKind kind) {
    switch (kind) {
    case PictureKind::picture:
        return "picture";
    case PictureKind::title_card:
        return "title_card";
    case PictureKind::leader:
        return "leader";
    case PictureKind::black:
        break;
    }
    return "black";
}

const char* to_string(Coloring coloring) {
    switch (coloring) {
    case Coloring::black_and_white:
        return "black_and_white";
    case Coloring::tinted:
        return "tinted";
    case Coloring::color:
        break;
    }
    return "color";
}

const char* to_string(FieldOrder fields) {
    switch (fields) {
    case FieldOrder::progressive:
        return "progressive";
    case FieldOrder::top_first:
        return "top_first";
    case FieldOrder::bottom_first:
        break;
    }
    return "bottom_first";
}

const char* to_string(TransitionKind kind) {
    switch (kind) {
    case TransitionKind::dissolve:
        return "dissolve";
    case TransitionKind::fade_out:
        return "fade_out";
    case TransitionKind::fade_in:
        break;
    }
    return "fade_in";
}

std::string FilmFacts::to_json() const {
    json gradual = json::array();
    for (const Transition& transition : transitions) {
        gradual.push_back(transition_json(transition));
    }
    json all = json::array();
    for (const ShotFacts& shot : shots) {
        all.push_back(shot_json(shot));
    }
    return json{{"width", width},
                {"height", height},
                {"area",
                 {{"left", area.left},
                  {"top", area.top},
                  {"width", area.width},
                  {"height", area.height},
                  {"rounded", area.rounded}}},
                {"coloring", to_string(coloring)},
                {"fields", to_string(fields)},
                {"telecined", telecined},
                {"film_rate", film_rate.to_string()},
                {"sampled", sampled},
                {"damage", damage_json(damage)},
                {"transitions", gradual},
                {sampled ? "places" : "shots", all}}
        .dump(2);
}

} // namespace oldfilm

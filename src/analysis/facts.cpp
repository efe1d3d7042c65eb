#include <oldfilm/analysis.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace oldfilm {
namespace {

using nlohmann::json;

json shot_json(const ShotFacts& shot) {
    json object{{"first", shot.first},
                {"frames", shot.frames},
                {"time", shot.time},
                {"kind", to_string(shot.kind)},
                {"coloring", to_string(shot.coloring)}};
    if (shot.coloring == Coloring::tinted) {
        object["tint"] = shot.tint.colors;
    }
    return object;
}

} // namespace

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

std::string FilmFacts::to_json() const {
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
                {sampled ? "places" : "shots", all}}
        .dump(2);
}

} // namespace oldfilm

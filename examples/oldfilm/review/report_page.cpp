#include "report_page.hpp"

#include "../evidence_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <vector>

namespace cli::review {
namespace {

std::string escaped(const std::string& text) {
    std::string made;
    for (const char letter : text) {
        switch (letter) {
        case '&':
            made += "&amp;";
            break;
        case '<':
            made += "&lt;";
            break;
        case '>':
            made += "&gt;";
            break;
        case '"':
            made += "&quot;";
            break;
        default:
            made += letter;
        }
    }
    return made;
}

std::string text_of(const Json& value) {
    return escaped(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string name_of(std::string word) {
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

std::string row(const std::string& name, const std::string& value) {
    return fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, value);
}

std::string percent(const Json& share) {
    return fmt::format("{:.3f} %", share.get<double>() * 100);
}

std::string kinds_table(const Json& kinds) {
    if (kinds.empty()) {
        return "<p>Nothing was repaired.</p>\n";
    }
    std::string table = "<table class=\"figures\"><tr><th>Repairs</th><th>Number</th>"
                        "<th>Pixels</th></tr>\n";
    for (const auto& [kind, totals] : kinds.items()) {
        table += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", name_of(kind),
                             totals.at("repairs").dump(), totals.at("pixels").dump());
    }
    return table + "</table>\n";
}

/// A stage with what it was given: "denoise, sigma 8".
std::string stage_text(const std::string& id, const Json& settings) {
    if (settings == false) {
        return escaped(id) + " off";
    }
    std::string text = escaped(id);
    for (const auto& [name, value] : settings.items()) {
        text += fmt::format(", {} {}", escaped(name), text_of(value));
    }
    return text;
}

std::string film_part(const Json& report) {
    const Json& film = report.at("film");
    const Json& totals = report.at("totals");
    std::string stages;
    for (const Json& stage : report.at("stages")) {
        stages += fmt::format("<li>{}</li>", stage_text(stage.at("id").get<std::string>(),
                                                        stage.value("parameters", Json::object())));
    }
    std::string table = "<table>\n";
    table += row("Source", text_of(film.at("path")));
    table += row("Checksum (XXH3)", text_of(film.at("checksum")));
    table += row("Frames", fmt::format("{}, {} × {} pixels, {:.5g} frames a second",
                                       film.at("frames").dump(), film.at("width").dump(),
                                       film.at("height").dump(), film.at("rate").get<double>()));
    table += row("Result", text_of(report.at("result").at("path")));
    table += row("Stages", "<ol>" + stages + "</ol>");
    table += row("Repaired", percent(totals.at("share")) + " of all pixels");
    if (const std::string evidence = evidence_text(totals.at("evidence")); !evidence.empty()) {
        table += row("Where the pixels come from", evidence);
    }
    table += row("Judged by people",
                 fmt::format("{} repairs accepted, {} rejected (the original was left, or is back)",
                             totals.at("accepted").dump(), totals.at("rejected").dump()));
    table += "</table>\n";
    const std::string note = report.at("result").at("note").get<std::string>();
    return table + (note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", escaped(note)));
}

std::string line_of(const std::vector<double>& values, double low, double high, const char* name) {
    std::string points;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double x =
            values.size() > 1 ? static_cast<double>(i) / static_cast<double>(values.size() - 1) : 0;
        const double y = high > low ? (values[i] - low) / (high - low) : 0.5;
        points += fmt::format("{:.1f},{:.1f} ", x * 300, 38 - y * 36);
    }
    return fmt::format("<polyline class=\"{}\" points=\"{}\"/>", name, points);
}

/// One curve before and after; either may be missing.
std::string curve(const char* title, const Json& before, const Json& after, const char* unit,
                  double factor) {
    std::vector<double> all;
    std::map<std::string, std::vector<double>> sides;
    for (const auto& [name, values] : {std::pair{"before", before}, std::pair{"after", after}}) {
        if (values.is_array()) {
            sides[name] = values.get<std::vector<double>>();
            all.insert(all.end(), sides[name].begin(), sides[name].end());
        }
    }
    if (all.empty()) {
        return "";
    }
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    std::string lines;
    std::string means;
    for (const char* name : {"before", "after"}) {
        if (const auto side = sides.find(name); side != sides.end()) {
            double sum = 0;
            for (const double value : side->second) {
                sum += value;
            }
            lines += line_of(side->second, *low, *high, name);
            means += fmt::format("{}{:.2f}", means.empty() ? "" : " → ",
                                 sum / static_cast<double>(side->second.size()) * factor);
        }
    }
    return fmt::format("<figure><svg viewBox=\"0 0 300 40\" preserveAspectRatio=\"none\">{}</svg>"
                       "<figcaption>{} <span>mean {} {}</span></figcaption></figure>\n",
                       lines, title, means, unit);
}

std::string curves_part(const Json& curves) {
    const Json& before = curves.at("before");
    const Json after = curves.at("after").is_null() ? Json::object() : curves.at("after");
    const auto pair = [&](const char* title, const char* name, const char* unit, double factor) {
        return curve(title, before.at(name), after.value(name, Json()), unit, factor);
    };
    return "<div class=\"curves\">" + pair("Exposure", "exposure", "%", 100) +
           pair("Flicker", "flicker", "%", 100) + pair("Weave", "weave", "px", 1) +
           curve("Repairs a frame", Json(), curves.at("repairs"), "", 1) + "</div>\n";
}

std::string settings_part(const Json& shot) {
    std::string items;
    if (shot.at("excluded").get<bool>()) {
        items += "<li>excluded from the restoration</li>";
    }
    for (const auto& [id, settings] : shot.at("stages").items()) {
        items += fmt::format("<li>{}</li>", stage_text(id, settings));
    }
    for (const Json& region : shot.at("regions")) {
        items += fmt::format("<li>{} region {}, frames {} to {}</li>", text_of(region.at("action")),
                             text_of(region.at("id")), region.at("first").dump(),
                             region.at("last").dump());
    }
    if (const std::string note = shot.at("note").get<std::string>(); !note.empty()) {
        items += fmt::format("<li>{}</li>", escaped(note));
    }
    return items.empty() ? "" : "<p>Decided for this shot:</p><ul>" + items + "</ul>\n";
}

std::string shot_part(const Json& shot) {
    const Json& totals = shot.at("totals");
    const Json& pictures = shot.at("pictures");
    std::string part =
        fmt::format("<section><h2>Shot {}, {} <span>frames {} to {}</span></h2>\n",
                    text_of(shot.at("id")), name_of(shot.at("kind").get<std::string>()),
                    shot.at("first").dump(), shot.at("last").dump());
    part += "<div class=\"pictures\">";
    for (const auto& [side, title] : {std::pair{"before", "Before"}, std::pair{"after", "After"}}) {
        part += fmt::format("<figure><img loading=\"lazy\" src=\"{}\" alt=\"\"><figcaption>{}, "
                            "frame {}</figcaption></figure>",
                            text_of(pictures.at(side)), title, pictures.at("frame").dump());
    }
    part += fmt::format("</div>\n<p>{} of the pixels repaired; {} repairs accepted, {} rejected."
                        "</p>\n",
                        percent(totals.at("share")), totals.at("accepted").dump(),
                        totals.at("rejected").dump());
    if (const std::string evidence = evidence_text(totals.at("evidence")); !evidence.empty()) {
        part += fmt::format("<p>Pixels: {}.</p>\n", evidence);
    }
    return part + settings_part(shot) + kinds_table(shot.at("kinds")) +
           curves_part(shot.at("curves")) + "</section>\n";
}

} // namespace

std::string page_of(const Json& report, const std::string& style) {
    const std::string film =
        std::filesystem::path(report.at("film").at("path").get<std::string>()).filename().string();
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
        "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Restoration "
        "of {0}</title>\n<style>\n{1}</style>\n</head>\n<body>\n<h1>Restoration of {0}</h1>\n"
        "<p class=\"quiet\">Written by oldfilm {2} on {3}. report.json has the same figures.</p>\n",
        escaped(film), style, text_of(report.at("oldfilm")), text_of(report.at("made")));
    page += film_part(report) + kinds_table(report.at("kinds"));
    for (const Json& shot : report.at("shots")) {
        page += shot_part(shot);
    }
    return page + "</body>\n</html>\n";
}

} // namespace cli::review

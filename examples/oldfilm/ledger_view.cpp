#include "ledger_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace cli {
namespace {

using nlohmann::ordered_json;
using oldfilm::Repair;

std::string number(const std::optional<double>& value) {
    return value ? fmt::format("{:.6f}", *value) : "";
}

ordered_json json_of(const Repair& repair) {
    const auto optional = [](const std::optional<double>& value) {
        return value ? ordered_json(*value) : ordered_json();
    };
    return {{"id", repair.id},
            {"series", repair.series},
            {"shot", repair.shot},
            {"stage", repair.stage},
            {"frame", repair.frame},
            {"x", repair.left},
            {"y", repair.top},
            {"width", repair.width},
            {"height", repair.height},
            {"area", repair.area},
            {"kind", to_string(repair.kind)},
            {"source", to_string(repair.source)},
            {"confidence", optional(repair.confidence)},
            {"mean_change", optional(repair.mean_change)},
            {"decision", to_string(repair.decision)},
            {"by", repair.by},
            {"when", repair.when},
            {"present", repair.present}};
}

/// A field of CSV; quoted if it must be. A formula of a spreadsheet it never is.
std::string field(std::string text) {
    if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
        text.insert(0, "'");
    }
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) {
        text.insert(at, "\"");
    }
    return "\"" + text + "\"";
}

} // namespace

std::string table_of(const std::vector<Repair>& repairs) {
    std::string text =
        fmt::format("{:>8} {:>8} {:>7}  {:8} {:>19} {:>7}  {:15} {:>8}  {}\n", "id", "series",
                    "frame", "shot", "box", "area", "kind", "change", "decision");
    for (const Repair& repair : repairs) {
        const std::string box =
            fmt::format("{}x{}+{}+{}", repair.width, repair.height, repair.left, repair.top);
        text += fmt::format("{:>8} {:>8} {:>7}  {:8} {:>19} {:>7}  {:15} {:>8}  {}{}\n", repair.id,
                            repair.series, repair.frame, repair.shot, box, repair.area,
                            to_string(repair.kind),
                            repair.mean_change ? fmt::format("{:.4f}", *repair.mean_change) : "-",
                            to_string(repair.decision), repair.present ? "" : ", not repaired");
    }
    return text;
}

std::string csv_of(const std::vector<Repair>& repairs) {
    std::string text = "id,series,shot,stage,frame,x,y,width,height,area,kind,source,confidence,"
                       "mean_change,decision,by,when,present\r\n";
    for (const Repair& repair : repairs) {
        text += fmt::format(
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", repair.id, repair.series,
            field(repair.shot), field(repair.stage), repair.frame, repair.left, repair.top,
            repair.width, repair.height, repair.area, to_string(repair.kind),
            to_string(repair.source), number(repair.confidence), number(repair.mean_change),
            to_string(repair.decision), field(repair.by), repair.when, repair.present ? 1 : 0);
    }
    return text;
}

std::string json_of(const std::vector<Repair>& repairs) {
    std::string text;
    for (const Repair& repair : repairs) {
        text += (text.empty() ? "[\n  " : ",\n  ") +
                json_of(repair).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    }
    return text.empty() ? "[]\n" : text + "\n]\n";
}

} // namespace cli

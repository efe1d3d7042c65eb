#include "evidence_view.hpp"

#include <fmt/format.h>

namespace cli {

nlohmann::ordered_json evidence_json(const oldfilm::RepairTotals& totals) {
    nlohmann::ordered_json shares = nlohmann::ordered_json::object();
    for (const oldfilm::Evidence kind : oldfilm::all_evidence) {
        shares[to_string(kind)] = totals.share_of(kind);
    }
    return shares;
}

std::string evidence_text(const nlohmann::ordered_json& shares) {
    std::string text;
    for (const auto& [kind, share] : shares.items()) {
        if (share.get<double>() > 0) {
            text += fmt::format("{}{} {:.3f} %", text.empty() ? "" : ", ", kind,
                                share.get<double>() * 100);
        }
    }
    return text;
}

} // namespace cli

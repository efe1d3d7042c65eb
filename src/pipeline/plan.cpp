#include "pipeline/plan.hpp"

#include "base/checksum.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// As the person gave them, or as they are.
json parameters_of(const CheckedStage& stage) {
    json values = values_json(stage.spec.parameters);
    for (std::size_t i = 0; i < stage.values.size(); ++i) {
        const std::string& name = stage.plugin.parameters[i].name;
        if (!values.contains(name)) {
            values[name] = std::visit([](const auto& v) { return json(v); }, stage.values[i]);
        }
    }
    return values;
}

void add_files(json& files, const CheckedStage& stage, const stage::HostSide& host) {
    const auto add = [&](const std::string& name, std::uint64_t checksum) {
        files[stage.plugin.name + ": " + name] = fmt::format("{:016x}", checksum);
    };
    const auto add_file = [&](const std::string& name, const std::string& path) {
        std::error_code ignored;
        if (fs::is_regular_file(path, ignored)) {
            add(name, base::file_checksum(path));
        }
    };
    for (const auto& [name, checksum] : host.packages()) {
        add(name, checksum);
    }
    for (std::size_t i = 0; i < stage.values.size(); ++i) {
        const Parameter& row = stage.plugin.parameters[i];
        if (row.type == ParameterType::file) {
            const auto given = stage.spec.parameters.find(row.name);
            const auto& path = std::get<std::string>(stage.values[i]);
            add_file(given == stage.spec.parameters.end() ? path
                                                          : std::get<std::string>(given->second),
                     path);
        }
    }
    add_file(fs::path(stage.plugin.library).filename().string(), stage.plugin.library);
}

} // namespace

std::string plan_text(const std::vector<CheckedStage>& checked,
                      const std::vector<std::unique_ptr<stage::Stage>>& stages,
                      const stage::Shared& shared, int threads) {
    json plan{{"oldfilm", 1},
              {"device", shared.device.str()},
              {"precision", to_string(shared.precision)},
              {"threads", threads},
              {"stages", json::array()},
              {"files", json::object()}};
    if (shared.memory > 0) {
        plan["memory"] = shared.memory; // what models may take: tiles follow from it
    }
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const CheckedStage& one = checked[i];
        const stage::Config& config = stages[i]->config();
        add_files(plan["files"], one, stages[i]->host());
        plan["stages"].push_back({{"id", one.plugin.id},
                                  {"version", one.plugin.version},
                                  {"parameters", parameters_of(one)},
                                  {"window", {config.before, config.after}},
                                  {"batch", config.batch},
                                  {"output",
                                   {{"channels", config.output.channels},
                                    {"height", config.output.height},
                                    {"width", config.output.width},
                                    {"rate", config.output.rate.to_string()}}}});
    }
    return plan.dump(2);
}

} // namespace oldfilm

// Stages as the command line writes them, and their values against a table.
#include "fuzz.hpp"

#include <oldfilm/pipeline.hpp>

void oldfilm::fuzz::parse(const std::string& text) {
    static const std::vector<Parameter> table = [] {
        std::vector<Parameter> rows(6);
        rows[0] = {"scale", ParameterType::number, 2.0, 1.5, 6, {}, "", "", false};
        rows[1] = {"radius", ParameterType::integer, std::int64_t{8}, 1, 60, {}, "", "", false};
        rows[2] = {"rotation", ParameterType::boolean, false, 0, 0, {}, "", "", false};
        rows[3] = {
            "border", ParameterType::choice, std::string("crop"), 0, 0, {"crop", "mirror"}, "", "",
            false};
        rows[4] = {"model", ParameterType::file, std::string(), 0, 0, {}, "", "", false};
        rows[5] = {"fps", ParameterType::text, std::string("2x"), 0, 0, {}, "", "", false};
        return rows;
    }();
    const StageSpec stage = parse_stage(text);
    static_cast<void>(check_parameters(stage.id, table, stage.parameters));
}

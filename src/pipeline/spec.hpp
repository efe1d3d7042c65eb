#pragma once
/// \file
/// A pipeline's stages as checked, and their JSON form.

#include "base/hidden.hpp"
#include "stage/services.hpp"

#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugins.hpp>

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace oldfilm {

/// A stage with its plugin found and its parameters checked.
struct CheckedStage {
    StageSpec spec;
    PluginInfo plugin;
    std::vector<ParameterValue> values;
};

struct OLDFILM_HIDDEN Pipeline::Impl {
    PipelineOptions options;
    std::vector<StageSpec> specs;
    std::vector<CheckedStage> stages;
    /// Shared by copies and by runs, so that a model is in memory once.
    std::shared_ptr<stage::ModelStore> models = std::make_shared<stage::ModelStore>();
};

nlohmann::json values_json(const ParameterValues& values);

} // namespace oldfilm

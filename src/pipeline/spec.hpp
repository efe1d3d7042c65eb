#pragma once
/// \file
/// A pipeline's stages as checked, and their JSON form.

#include "base/hidden.hpp"
#include "stage/services.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugins.hpp>

#include <memory>
#include <string>
#include <vector>

namespace oldfilm {

/// A stage with its plugin found and its parameters checked.
struct CheckedStage {
    StageSpec spec;
    PluginInfo plugin;
    std::vector<ParameterValue> values; ///< with files where they lie
    stage::NamedFiles files;            ///< that a person named, as the stage gets their names
};

/// The stage's plugin, loaded when it lies in a file. Throws `Error` as `stage::load_plugin`.
const oldfilm_plugin_description& description_of(const CheckedStage& stage);

struct OLDFILM_HIDDEN Pipeline::Impl {
    PipelineOptions options;
    std::vector<CheckedStage> stages;
    /// The plugins of `options.plugin_path`, read when the first stage is added; shared by copies.
    std::shared_ptr<const std::vector<PluginInfo>> plugins;
    /// Shared by copies and by runs, so that a model is in memory once.
    std::shared_ptr<stage::ModelStore> models = std::make_shared<stage::ModelStore>();

    [[nodiscard]] CheckedStage checked(StageSpec spec);
    [[nodiscard]] PluginInfo plugin(const std::string& id);
    /// Throws `Error` (invalid_argument) unless there is a stage `number`.
    void check_number(std::size_t number) const;
};

/// What a handle has, unless it was moved from it. Throws `Error` (invalid_argument).
template <class Pointer>
auto& held(const Pointer& impl, const char* what) {
    if (!impl) {
        throw Error(Errc::invalid_argument,
                    std::string("this ") + what +
                        " was moved to another variable; use that one, or make another");
    }
    return *impl;
}

} // namespace oldfilm

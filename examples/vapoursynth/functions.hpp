#pragma once
/// \file
/// The functions of the plugin: their names and arguments, made from the parameter tables of the
/// installed stages. Needs no LibTorch.

#include <oldfilm/plugins.hpp>

#include <string>
#include <vector>

namespace vsplugin {

/// An argument that sets a parameter of a stage.
struct StageArgument {
    std::string name;      ///< of the argument: an identifier
    std::string parameter; ///< of the stage
    oldfilm::ParameterType type = oldfilm::ParameterType::number;
};

/// A function that restores a clip: with one stage, or with the ones that its arguments list.
struct Function {
    std::string name;  ///< "ScratchRemoval"
    std::string stage; ///< its id; empty for `Restore`
    std::vector<StageArgument> arguments;
    /// As `VSPLUGINAPI::registerFunction` takes it: "clip:vnode;sensitivity:float:opt;...".
    [[nodiscard]] std::string signature() const;
};

/// `Restore`, and a function for each usable stage. An argument has the name of its parameter, with
/// "_" for what identifiers may not contain; "stage_" precedes the name of one that all functions
/// have.
std::vector<Function> functions_for(const std::vector<oldfilm::PluginInfo>& stages);

} // namespace vsplugin

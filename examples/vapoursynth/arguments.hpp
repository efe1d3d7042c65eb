#pragma once
/// \file
/// The arguments of a call, as what the library takes.

#include "functions.hpp"
#include "handles.hpp"
#include "shot_map.hpp"

#include <oldfilm/pipeline.hpp>

#include <string>
#include <utility>

namespace vsplugin {

/// Reads the arguments of a call. All functions throw `oldfilm::Error` (invalid_argument,
/// not_found, incompatible). The map must outlive it.
class Arguments {
  public:
    Arguments(const VSMap* in, const VSAPI& api) : in_(in), api_(&api) {}

    [[nodiscard]] NodePtr clip() const;
    /// Whether repair masks are wanted.
    [[nodiscard]] bool mask() const;
    /// The stages that `function` is called with. `ShotOptions::Source` is none, whatever the
    /// arguments are; see `shots`.
    [[nodiscard]] oldfilm::Pipeline pipeline(const Function& function, oldfilm::Log log) const;
    /// Where shots of a clip of `rate` frames per second begin.
    [[nodiscard]] std::pair<ShotMap::Source, oldfilm::ShotOptions>
    shots(const oldfilm::Rational& rate) const;

  private:
    [[nodiscard]] bool has(const std::string& name) const;
    [[nodiscard]] std::int64_t integer(const std::string& name) const;
    [[nodiscard]] double number(const std::string& name) const;
    [[nodiscard]] std::string text(const std::string& name, int index = 0) const;
    [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
    [[nodiscard]] oldfilm::PipelineOptions options() const;
    [[nodiscard]] oldfilm::StageSpec stage(const Function& function) const;

    const VSMap* in_;
    const VSAPI* api_;
};

} // namespace vsplugin

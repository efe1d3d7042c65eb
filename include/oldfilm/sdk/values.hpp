#pragma once
/// \file
/// The values of the parameters, as the host passes them.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/failure.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace oldfilm::sdk {

/// Parameter values, checked by the host against the table. Valid until the call returns. The
/// accessors throw `Failure` for a name that is not in the table.
class Values {
  public:
    Values(const oldfilm_plugin_description& plugin, const oldfilm_value* values) noexcept
        : plugin_(&plugin), values_(values) {}
    [[nodiscard]] bool flag(std::string_view name) const { return at(name).integer != 0; }
    [[nodiscard]] std::int64_t integer(std::string_view name) const { return at(name).integer; }
    [[nodiscard]] double number(std::string_view name) const { return at(name).number; }
    [[nodiscard]] std::string text(std::string_view name) const { return at(name).text; }

  private:
    [[nodiscard]] const oldfilm_value& at(std::string_view name) const {
        for (std::uint32_t i = 0; i < plugin_->parameter_count; ++i) {
            if (name == plugin_->parameters[i]->name) {
                return values_[i];
            }
        }
        throw Failure("the stage asks for a parameter \"" + std::string(name) +
                      "\" that its table does not have; add it to the table");
    }
    const oldfilm_plugin_description* plugin_;
    const oldfilm_value* values_;
};

} // namespace oldfilm::sdk

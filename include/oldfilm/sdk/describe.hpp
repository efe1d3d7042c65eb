#pragma once
/// \file
/// From a stage class to the plugin that a library exports.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/about.hpp>
#include <oldfilm/sdk/detail/description.hpp>
#include <oldfilm/sdk/detail/plugin.hpp>
#include <oldfilm/sdk/failure.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace oldfilm::sdk {

/// Describes the stage class S, which derives from `Stage` and is constructible from `const Host&`.
/// The description is made once per class, and is valid until the process ends. Thread-safe. Throws
/// `Failure` if a later call passes a different `about`, or if a parameter is live and S is not
/// `LiveParameters`.
template <class S>
const oldfilm_plugin_description* describe(const About& about) {
    static_assert(std::is_base_of_v<Stage, S>, "a stage derives from oldfilm::sdk::Stage");
    using P = detail::Plugin<S>;
    if (!std::is_base_of_v<LiveParameters, S> &&
        std::any_of(about.parameters.begin(), about.parameters.end(),
                    [](const Parameter& row) { return row.is_live; })) {
        throw Failure("a parameter of " + about.id +
                      " is live, and its class is not; derive it from LiveParameters as well");
    }
    static detail::Description description(about);
    static const oldfilm_plugin_description* const table = [] {
        oldfilm_plugin_description& c = description.c();
        c.create = P::create;
        c.configure = P::configure;
        c.process = P::process;
        c.reset = P::reset;
        c.destroy = P::destroy;
        c.get_extension = detail::extension<S>;
        return P::table = &c;
    }();
    if (!(description.about() == about)) {
        throw Failure("the stage's class of " + description.about().id +
                      " is described already, and otherwise; use one class for each description");
    }
    return table;
}

} // namespace oldfilm::sdk

/// Exports the plugins of a library, each the result of `oldfilm::sdk::describe`. Use it once per
/// library.
#define OLDFILM_PLUGINS(...)                                                                       \
    extern "C" const oldfilm_plugin_description* oldfilm_plugin(uint32_t index) {                  \
        try {                                                                                      \
            static const std::vector<const oldfilm_plugin_description*> plugins{__VA_ARGS__};      \
            return index < plugins.size() ? plugins[index] : nullptr;                              \
        } catch (...) {                                                                            \
            return nullptr;                                                                        \
        }                                                                                          \
    }

// The VapourSynth plugin `oldfilm`: core.oldfilm.Restore, and a function for each stage. It links
// nothing of VapourSynth: a core passes its functions on.

#include "engine.hpp"
#include "functions.hpp"

#include <oldfilm/version.hpp>

#include <exception>
#include <string>
#include <vector>

namespace {

void VS_CC call(const VSMap* in, VSMap* out, void* data, VSCore* core, const VSAPI* api) {
    const auto& function = *static_cast<const vsplugin::Function*>(data);
    try {
        vsplugin::engine().create(function, in, out, core, api);
    } catch (const std::exception& error) {
        api->mapSetError(out, (function.name + ": " + error.what()).c_str());
    }
}

std::vector<vsplugin::Function> installed_functions() noexcept {
    try {
        return vsplugin::functions_for(oldfilm::list_plugins());
    } catch (const std::exception&) { // `Restore` reports it.
        return vsplugin::functions_for({});
    }
}

/// Constant once it is made. Cores that are created later have the same functions.
const std::vector<vsplugin::Function>& functions() {
    static const std::vector<vsplugin::Function> all = installed_functions();
    return all;
}

} // namespace

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin* plugin, const VSPLUGINAPI* api) {
    api->configPlugin("org.oldfilm.vapoursynth", "oldfilm", "Film restoration with oldfilm",
                      VS_MAKE_VERSION(OLDFILM_VERSION_MAJOR, OLDFILM_VERSION_MINOR),
                      VAPOURSYNTH_API_VERSION, 0, plugin);
    for (const vsplugin::Function& function : functions()) {
        api->registerFunction(function.name.c_str(), function.signature().c_str(), "clip:vnode;",
                              call, const_cast<vsplugin::Function*>(&function), plugin);
    }
}

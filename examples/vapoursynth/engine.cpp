#include "engine.hpp"

#include "restore_filter.hpp"

#include <exception>
#include <string>

namespace {

void create(const vsplugin::Function& function, const VSMap* in, VSMap* out, VSCore* core,
            const VSAPI* api) noexcept {
    try {
        vsplugin::RestoreFilter::create(function, in, out, core, api);
    } catch (const std::exception& error) {
        api->mapSetError(out, (function.name + ": " + error.what()).c_str());
    }
}

} // namespace

const vsplugin::Engine* oldfilm_vs_engine() {
    static const vsplugin::Engine table{&create};
    return &table;
}

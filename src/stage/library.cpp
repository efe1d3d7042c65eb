#include "stage/library.hpp"

#include "base/sidecar.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugin/ext/draft/evidence.h>

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstddef>
#include <map>

namespace oldfilm::stage {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& reason) {
    throw Error(Errc::incompatible, fmt::format("the plugin {} cannot be used: {}", where, reason));
}

} // namespace

std::string why_incomplete(const oldfilm_plugin_description& d) {
    try {
        // What 2.0 has: these structs may be longer in later minor versions.
        const auto* analysis = extension_of<oldfilm_stage_analysis>(d, OLDFILM_EXT_ANALYSIS);
        if (analysis != nullptr && (analysis->size < offsetof(oldfilm_stage_analysis, restore) +
                                                         sizeof(analysis->restore) ||
                                    analysis->analyze == nullptr || analysis->finish == nullptr ||
                                    analysis->restore == nullptr)) {
            return "its extension " OLDFILM_EXT_ANALYSIS " lacks analyze, finish or restore, which "
                   "a resumed job calls instead of the others; fill them in, and set size";
        }
        const auto* live = extension_of<oldfilm_stage_live>(d, OLDFILM_EXT_LIVE);
        if (live != nullptr &&
            (live->size < offsetof(oldfilm_stage_live, change) + sizeof(live->change) ||
             live->change == nullptr)) {
            return "its extension " OLDFILM_EXT_LIVE " lacks change; fill it in, and set size";
        }
        const auto* evidence = extension_of<oldfilm_stage_evidence>(d, OLDFILM_EXT_EVIDENCE);
        if (evidence != nullptr && (evidence->size < sizeof(oldfilm_stage_evidence) ||
                                    evidence->keep == nullptr || evidence->evidence == nullptr)) {
            return "its extension " OLDFILM_EXT_EVIDENCE " lacks keep or evidence; fill "
                   "them in, and set size";
        }
        return "";
    } catch (...) {
        return "its get_extension throws; catch all exceptions in it";
    }
}

void check_description(const oldfilm_plugin_description& d, const std::string& where) {
    const std::string reason =
        base::why_refused(d.abi_major, d.abi_minor, d.runtime == nullptr ? "" : d.runtime);
    if (!reason.empty()) {
        refuse(where, reason);
    }
    if (d.size < offsetof(oldfilm_plugin_description, get_extension) + sizeof(d.get_extension)) {
        refuse(where, "its description is shorter than this ABI's; build it again with this "
                      "oldfilm's headers");
    }
    if (d.id == nullptr || d.name == nullptr || d.version == nullptr) {
        refuse(where, "its description lacks an id, a name or a version; fill them in");
    }
    if (d.create == nullptr || d.configure == nullptr || d.process == nullptr ||
        d.destroy == nullptr) {
        refuse(where, "its description lacks create, configure, process or destroy; fill them in");
    }
    if (const std::string lacking = why_incomplete(d); !lacking.empty()) {
        refuse(where, lacking);
    }
}

std::shared_ptr<std::mutex> turn_of(const oldfilm_plugin_description& description) {
    if (description.threading != OLDFILM_ONE_THREAD) {
        return nullptr;
    }
    // A library is in a process once, whoever works with it: so is whose turn it is.
    static std::mutex mutex;
    static std::map<const oldfilm_plugin_description*, std::weak_ptr<std::mutex>> turns;
    const std::scoped_lock lock(mutex);
    std::weak_ptr<std::mutex>& known = turns[&description];
    std::shared_ptr<std::mutex> turn = known.lock();
    if (!turn) {
        known = turn = std::make_shared<std::mutex>();
    }
    return turn;
}

const oldfilm_plugin_description& load_plugin(const PluginInfo& plugin) {
    void* handle = dlopen(plugin.library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
        refuse(
            plugin.library,
            fmt::format("the dynamic linker says: {}; build it again for this system", dlerror()));
    }
    const auto entry = reinterpret_cast<oldfilm_plugin_function>(dlsym(handle, "oldfilm_plugin"));
    if (entry == nullptr) {
        refuse(plugin.library,
               "it does not export oldfilm_plugin; use OLDFILM_PLUGINS, or write the function");
    }
    for (std::uint32_t i = 0; const oldfilm_plugin_description* found = entry(i); ++i) {
        if (found->id != nullptr && plugin.id == found->id) {
            check_description(*found, plugin.library);
            if (found->parameter_count != plugin.parameters.size()) {
                refuse(plugin.library,
                       "its parameters are not those of its sidecar; build it again with "
                       "oldfilm_add_stage, which writes the sidecar");
            }
            return *found;
        }
    }
    refuse(plugin.library,
           fmt::format("it holds no plugin {}, though its sidecar says so; build it again with "
                       "oldfilm_add_stage, which writes the sidecar",
                       plugin.id));
}

} // namespace oldfilm::stage

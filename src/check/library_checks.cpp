/// \file
/// Checks of the library file: what the host looks at before and while it loads it.

#include "base/sidecar.hpp"
#include "check/check.hpp"

#include <oldfilm/error.hpp>

#include <dlfcn.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <set>
#include <thread>

namespace oldfilm::check {
namespace {

namespace fs = std::filesystem;

/// More plugins in one library than anybody writes: a list without an end.
constexpr std::uint32_t too_many = 256;

} // namespace

Library::Library(std::string path)
    : path_(std::move(path)), folder_(fs::path(path_).parent_path().string()),
      before_(process_state()) {}

std::string Library::sidecar() const {
    return fs::path(path_).replace_extension(".json").string();
}

const Elf& Library::elf() {
    if (!elf_) {
        elf_ = read_elf(path_);
    }
    return *elf_;
}

void* Library::handle() {
    if (handle_ == nullptr) {
        handle_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    }
    if (handle_ == nullptr) {
        fail("the dynamic linker says: {}", dlerror()); // NOLINT(concurrency-mt-unsafe): glibc's is
    }
    return handle_;
}

oldfilm_plugin_function Library::entry() {
    void* const symbol = dlsym(handle(), "oldfilm_plugin");
    if (symbol == nullptr) {
        fail("it exports no function oldfilm_plugin");
    }
    return reinterpret_cast<oldfilm_plugin_function>(symbol);
}

const std::vector<const oldfilm_plugin_description*>& Library::plugins() {
    if (!plugins_) {
        std::vector<const oldfilm_plugin_description*> found;
        const oldfilm_plugin_function plugin = entry();
        while (found.size() < too_many) {
            const oldfilm_plugin_description* one =
                plugin(static_cast<std::uint32_t>(found.size()));
            if (one == nullptr) {
                break;
            }
            found.push_back(one);
        }
        if (found.size() == too_many) {
            fail("oldfilm_plugin gives a plugin for each number up to {}, and null for none",
                 too_many - 1);
        }
        plugins_ = std::move(found);
    }
    return *plugins_;
}

namespace {

void elf(Subject& s) {
    if (!s.library.elf().problem.empty()) {
        fail("{}: {}", s.library.path(), s.library.elf().problem);
    }
}

void folder(Subject& s) {
    struct stat status {};
    if (stat(s.library.folder().c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
        fail("everybody may write to {}", s.library.folder());
    }
}

void sidecar_there(Subject& s) {
    if (!fs::exists(s.library.sidecar())) {
        fail("there is no {}", s.library.sidecar());
    }
}

base::Sidecar read(const Subject& s) {
    if (!fs::exists(s.library.sidecar())) {
        skip("there is no sidecar");
    }
    try {
        return base::read_sidecar(s.library.sidecar());
    } catch (const Error& error) {
        fail("{}", error.what());
    }
}

void sidecar_readable(Subject& s) {
    read(s);
}

void abi(Subject& s) {
    const base::Sidecar sidecar = read(s);
    const std::string reason = base::why_refused(sidecar.abi_major, sidecar.abi_minor, "");
    if (!reason.empty()) {
        fail("{}", reason);
    }
}

void runtime(Subject& s) {
    for (const PluginInfo& plugin : read(s).plugins) {
        const std::string reason =
            base::why_refused(OLDFILM_ABI_MAJOR, OLDFILM_ABI_MINOR, plugin.runtime);
        if (!reason.empty()) {
            fail("{}: {}", plugin.id, reason);
        }
    }
}

/// Libraries that every plugin may share with the host: the system's and the host's own.
bool is_shared(const std::string& name) {
    constexpr std::array known{"ld-linux",    "libc.so",    "libm.so",   "libdl.so",
                               "librt.so",    "libpthread", "libstdc++", "libgcc_s",
                               "libgomp",     "libtorch",   "libc10",    "libopencv_",
                               "liboldfilm_", "libcuda.so", "libcudart"};
    constexpr std::array folders{"/lib", "/usr/lib", "/lib64", "/usr/lib64"};
    const auto begins = [&](const char* start) { return name.rfind(start, 0) == 0; };
    if (std::any_of(known.begin(), known.end(), begins)) {
        return true;
    }
    std::error_code failed;
    return std::any_of(folders.begin(), folders.end(), [&](const char* folder) {
        if (fs::exists(fs::path(folder) / name, failed)) {
            return true;
        }
        // Debian's folders of one architecture.
        return std::any_of(fs::directory_iterator(folder, failed), fs::directory_iterator(),
                           [&](const auto& entry) {
                               const std::string below = entry.path().filename().string();
                               return below.find("-linux-gnu") != std::string::npos &&
                                      fs::exists(entry.path() / name, failed);
                           });
    });
}

void needs(Subject& s) {
    std::vector<std::string> strange;
    for (const std::string& name : s.library.elf().needed) {
        if (!is_shared(name)) {
            strange.push_back(name);
        }
    }
    if (!strange.empty()) {
        throw Warned{fmt::format("it is linked to {}, which is none of the system's libraries",
                                 fmt::join(strange, ", "))};
    }
}

void exports(Subject& s) {
    std::vector<std::string> strange = s.library.elf().defined;
    strange.erase(std::remove(strange.begin(), strange.end(), "oldfilm_plugin"), strange.end());
    if (!strange.empty()) {
        const std::size_t shown = std::min<std::size_t>(strange.size(), 5);
        throw Warned{fmt::format("it exports {} more symbols: {}{}", strange.size(),
                                 fmt::join(strange.begin(), strange.begin() + shown, ", "),
                                 shown < strange.size() ? " ..." : "")};
    }
}

void loads(Subject& s) {
    s.library.handle();
}

void entry(Subject& s) {
    s.library.entry();
}

void plugins(Subject& s) {
    if (s.library.plugins().empty()) {
        fail("oldfilm_plugin(0) gives null");
    }
}

void pure(Subject& s) {
    const auto& first = s.library.plugins();
    const oldfilm_plugin_function plugin = s.library.entry();
    const auto count = static_cast<std::uint32_t>(first.size());
    std::string found;
    const auto ask = [&] {
        for (std::uint32_t i = 0; i < count; ++i) {
            if (plugin(i) != first[i]) {
                found = fmt::format("oldfilm_plugin({}) gives another answer each time", i);
            }
        }
        for (const std::uint32_t beyond :
             {count, count + 1, std::numeric_limits<std::uint32_t>::max()}) {
            if (plugin(beyond) != nullptr) {
                found = fmt::format("oldfilm_plugin({}) gives something, and there are {} plugins",
                                    beyond, count);
            }
        }
    };
    ask();
    std::thread(ask).join();
    if (!found.empty()) {
        fail("{}", found);
    }
}

void unique_names(Subject& s) {
    std::set<std::string> ids;
    std::set<std::string> names;
    for (const oldfilm_plugin_description* plugin : s.library.plugins()) {
        if (plugin->id != nullptr && !ids.insert(plugin->id).second) {
            fail("two plugins have the id {}", plugin->id);
        }
        if (plugin->name != nullptr && !names.insert(plugin->name).second) {
            fail("two plugins have the name {}", plugin->name);
        }
    }
}

/// A description that the sidecar's writer would stumble over is another check's matter.
bool complete(const oldfilm_plugin_description& d) {
    if (d.size < sizeof(oldfilm_plugin_description) || d.id == nullptr || d.name == nullptr ||
        d.version == nullptr || (d.parameter_count > 0 && d.parameters == nullptr)) {
        return false;
    }
    for (std::uint32_t i = 0; i < d.parameter_count; ++i) {
        if (d.parameters[i] == nullptr || d.parameters[i]->name == nullptr) {
            return false;
        }
    }
    return true;
}

void sidecar_equal(Subject& s) {
    const base::Sidecar sidecar = read(s);
    const auto& plugins = s.library.plugins();
    if (sidecar.plugins.size() != plugins.size()) {
        fail("the sidecar has {} plugins, the library {}", sidecar.plugins.size(), plugins.size());
    }
    for (std::size_t i = 0; i < plugins.size(); ++i) {
        if (!complete(*plugins[i])) {
            skip("a description is not complete");
        }
        const nlohmann::json said = base::to_json(sidecar.plugins[i]);
        const nlohmann::json is = base::to_json(base::info_of(*plugins[i]));
        if (plugins[i]->abi_major != sidecar.abi_major ||
            plugins[i]->abi_minor > sidecar.abi_minor) {
            fail("the sidecar says ABI {}.{}, {} says {}.{}", sidecar.abi_major, sidecar.abi_minor,
                 plugins[i]->id, plugins[i]->abi_major, plugins[i]->abi_minor);
        }
        for (const auto& [key, value] : is.items()) {
            if (said.at(key) != value) {
                fail("{} of {} is {} in the sidecar and {} in the library", key, plugins[i]->id,
                     said.at(key).dump(), value.dump());
            }
        }
    }
}

} // namespace

std::vector<Check> library_checks() {
    return {
        {"library.elf", "the host can load only shared libraries of its own machine",
         "name the plugin's .so file, and build it for this machine", nullptr, elf},
        {"library.folder", "plugins are code: who may write to their folder runs code as its user",
         "take the right away: chmod o-w", nullptr, folder},
        {"library.sidecar", "the host lists, describes and refuses plugins without loading them",
         "build with oldfilm_add_stage, or run oldfilm-describe LIBRARY SIDECAR, and keep the "
         ".json file beside the library",
         nullptr, sidecar_there},
        {"library.sidecar-readable", "a sidecar that cannot be read hides the plugin",
         "let oldfilm_add_stage or oldfilm-describe write it", nullptr, sidecar_readable},
        {"library.abi", "a plugin for another plugin ABI would be called wrongly",
         "build it again with the headers of the oldfilm that is to load it",
         "library.sidecar-readable", abi},
        {"library.runtime", "one process holds one LibTorch, and its C++ ABI changes with versions",
         "build it with the LibTorch that this oldfilm has, or without any (runtime \"\")",
         "library.sidecar-readable", runtime},
        {"library.needs",
         "two plugins with helper libraries of the same name would share the one that came first",
         "link helper libraries statically, with hidden symbols", "library.elf", needs},
        {"library.exports", "symbols that others can see may be taken for others' own",
         "compile with -fvisibility=hidden, link static libraries with --exclude-libs,ALL",
         "library.elf", exports},
        {"library.loads", "a symbol that is missing would end a restoration in its middle",
         "link what it needs, and give it a run path that holds on the user's machine",
         "library.elf", loads},
        {"library.entry", "oldfilm_plugin is the one function that the host looks for",
         "use OLDFILM_PLUGINS, or write the function with OLDFILM_PLUGIN_EXPORT", "library.loads",
         entry},
        {"library.plugins", "a library without plugins is of no use, and a list must end",
         "return descriptions from number 0 on, then null", "library.entry", plugins},
        {"library.pure", "the host asks more than once, from any thread",
         "return pointers to static descriptions, null beyond the last", "library.plugins", pure},
        {"library.unique", "the host finds a plugin by its id or its name", "give each its own",
         "library.plugins", unique_names},
        {"library.sidecar-equal",
         "the host checks parameters against the sidecar before the library is loaded",
         "write the sidecar again after every change: oldfilm_add_stage does",
         "library.plugins library.sidecar-readable", sidecar_equal},
    };
}

} // namespace oldfilm::check

#include "bind.hpp"
#include "casts.hpp"

#include <oldfilm/plugins.hpp>

#include <array>

namespace oldfilm::bindings {
namespace {

using namespace nb::literals;

constexpr std::array types{"boolean", "integer", "number", "text", "choice", "file"};

} // namespace

void bind_plugins(nb::module_& module) {
    nb::class_<Parameter>(module, "Parameter", "One row of a stage's parameter table.")
        .def_ro("name", &Parameter::name)
        .def_prop_ro("type", [](const Parameter& p) { return types.at(std::size_t(p.type)); })
        .def_ro("initial", &Parameter::initial)
        .def_ro("minimum", &Parameter::minimum)
        .def_ro("maximum", &Parameter::maximum)
        .def_ro("choices", &Parameter::choices)
        .def_ro("unit", &Parameter::unit)
        .def_ro("help", &Parameter::help)
        .def_ro("live", &Parameter::live);
    nb::class_<PluginInfo>(module, "PluginInfo", "A plugin as described by its sidecar.")
        .def_ro("id", &PluginInfo::id)
        .def_ro("name", &PluginInfo::name)
        .def_ro("version", &PluginInfo::version)
        .def_ro("summary", &PluginInfo::summary)
        .def_ro("library", &PluginInfo::library)
        .def_ro("parameters", &PluginInfo::parameters)
        .def_ro("refused", &PluginInfo::refused)
        .def("__repr__", [](const PluginInfo& p) {
            return nb::str("<oldfilm.PluginInfo {} {}>").format(p.name, p.version);
        });
    module.def("plugins", &list_plugins, "plugin_path"_a = std::vector<std::string>(),
               nb::call_guard<nb::gil_scoped_release>(),
               "All plugins that are found, including refused ones.");
    module.def("version", &version, "Version of the library, such as \"0.1.0\".");
    module.def("runtime_tag", &runtime_tag,
               "Version and C++ ABI of the LibTorch that the library was built for.");
}

} // namespace oldfilm::bindings

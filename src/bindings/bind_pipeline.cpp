#include "bind.hpp"
#include "pipeline_handles.hpp"

#include <utility>
#include <variant>

namespace oldfilm::bindings {
namespace {

using namespace nb::literals;
using Shots = std::variant<std::string, std::vector<std::int64_t>>;

ShotOptions shot_options(const Shots& shots, double cut_threshold) {
    ShotOptions options;
    options.cut_threshold = cut_threshold;
    if (const auto* listed = std::get_if<std::vector<std::int64_t>>(&shots)) {
        options.source = ShotOptions::Source::list;
        options.first_frames = *listed;
    } else if (const auto& name = std::get<std::string>(shots); name == "none") {
        options.source = ShotOptions::Source::none;
    } else if (name != "auto") {
        throw Error(Errc::invalid_argument,
                    "shots must be \"auto\", \"none\" or a list of first frames, found \"" + name +
                        "\"");
    }
    return options;
}

/// The keyword arguments of pipelines, all of which are optional.
PipelineOptions options_from(const nb::kwargs& given) {
    PipelineOptions options;
    Shots shots("auto");
    double cut_threshold = ShotOptions::default_threshold;
    LogFunction log;
    for (const auto& [key, value] : given) {
        const auto name = nb::cast<std::string>(key);
        if (name == "device") {
            options.device = nb::cast<std::string>(value);
        } else if (name == "precision") {
            options.precision = parse_precision(nb::cast<std::string>(value));
        } else if (name == "memory") {
            options.memory = nb::cast<std::int64_t>(value);
        } else if (name == "tile") {
            options.tile = nb::cast<int>(value);
        } else if (name == "evidence") {
            options.evidence = nb::cast<bool>(value);
        } else if (name == "shots") {
            shots = nb::cast<Shots>(value);
        } else if (name == "cut_threshold") {
            cut_threshold = nb::cast<double>(value);
        } else if (name == "plugin_path") {
            options.plugin_path = nb::cast<std::vector<std::string>>(value);
        } else if (name == "base_folder") {
            options.base_folder = nb::cast<std::filesystem::path>(value).string();
        } else if (name == "stay_on_device") {
            options.stay_on_device = nb::cast<bool>(value);
        } else if (name == "log") {
            log = nb::cast<LogFunction>(value);
        } else {
            throw nb::type_error(("a pipeline has no option '" + name + "'").c_str());
        }
    }
    options.shots = shot_options(shots, cut_threshold);
    options.log = log_to(std::move(log));
    return options;
}

template <class Make>
PipelineHandle* made(const nb::kwargs& given, const Make& make) {
    PipelineOptions options = options_from(given);
    const auto unlocked = [&] {
        const nb::gil_scoped_release released;
        return make(std::move(options));
    };
    return new PipelineHandle(unlocked());
}

ParameterValues values_from(const nb::kwargs& parameters) {
    ParameterValues values;
    for (const auto& [name, value] : parameters) {
        const nb::object plain =
            nb::module_::import_("oldfilm._stage").attr("parameter_value")(value);
        values[nb::cast<std::string>(name)] = nb::cast<ParameterValue>(plain);
    }
    return values;
}

/// A stage by name, with parameters in its text, as keyword arguments, or both; or one of Python.
StageSpec spec_of(nb::handle stage, const nb::kwargs& parameters, Slots& slots) {
    StageSpec spec;
    if (nb::isinstance<nb::str>(stage)) {
        spec = parse_stage(nb::cast<std::string>(stage));
    } else {
        slots.push_back(StageSlot::of(stage));
        spec.id = slots.back()->about().id;
        spec.description = slots.back()->description();
    }
    for (auto& [name, value] : values_from(parameters)) {
        spec.parameters[name] = std::move(value);
    }
    return spec;
}

void add(PipelineHandle& pipeline, nb::handle stage, const nb::kwargs& parameters) {
    Slots made;
    StageSpec spec = spec_of(stage, parameters, made);
    pipeline.pipeline.use([&](Pipeline& it) { it.add(std::move(spec)); });
    pipeline.slots.insert(pipeline.slots.end(), made.begin(), made.end());
}

Plan planned(PipelineHandle& pipeline, const StreamFormat& format) {
    const Pipeline copy = pipeline.copy();
    const nb::gil_scoped_release released;
    return copy.plan(format);
}

PlanHandle* plan(PipelineHandle& pipeline, const StreamFormat& format) {
    return new PlanHandle{pipeline.slots,
                          Handle<Plan>(std::make_shared<Plan>(planned(pipeline, format)))};
}

void bind_plan(nb::module_& module) {
    nb::class_<PlanHandle>(module, "Plan", "What a pipeline does for frames of one format.")
        .def_prop_ro("input",
                     [](PlanHandle& p) { return p.plan.use([](Plan& it) { return it.input(); }); })
        .def_prop_ro("output",
                     [](PlanHandle& p) { return p.plan.use([](Plan& it) { return it.output(); }); })
        .def("to_json",
             [](PlanHandle& p) { return p.plan.use([](Plan& it) { return it.to_json(); }); })
        .def(
            "first_frame_needed_for",
            [](PlanHandle& p, std::int64_t frame, std::int64_t shot_first) {
                return p.plan.use(
                    [&](Plan& it) { return it.first_frame_needed_for(frame, shot_first); });
            },
            "frame"_a, "shot_first"_a)
        .def(
            "start",
            [](PlanHandle& p, nb::handle source) { return start_run(p.plan, p.slots, source); },
            "source"_a = nb::none());
}

} // namespace

void bind_pipeline(nb::module_& module) {
    bind_plan(module);
    nb::class_<StageSpec>(module, "StageSpec", "A stage of a pipeline, and its parameters.")
        .def_ro("id", &StageSpec::id)
        .def_ro("parameters", &StageSpec::parameters)
        .def("__repr__", [](const StageSpec& s) {
            return nb::str("StageSpec({!r}, {!r})").format(s.id, s.parameters);
        });
    nb::class_<PipelineHandle>(module, "Pipeline", "The description of a chain of stages.")
        .def(nb::new_([](const nb::kwargs& options) {
            return made(options, [](PipelineOptions given) { return Pipeline(std::move(given)); });
        }))
        .def_static(
            "from_json",
            [](const std::string& json, const nb::kwargs& options) {
                return made(options, [&](PipelineOptions given) {
                    return Pipeline::from_json(json, std::move(given));
                });
            },
            "json"_a, "options"_a)
        .def_static(
            "preset",
            [](const std::string& name, const nb::kwargs& options) {
                return made(options, [&](PipelineOptions given) {
                    return Pipeline::preset(name, std::move(given));
                });
            },
            "name"_a, "options"_a)
        .def(
            "add",
            [](nb::handle self, nb::handle stage, const nb::kwargs& parameters) {
                add(nb::cast<PipelineHandle&>(self), stage, parameters);
                return nb::borrow(self);
            },
            "stage"_a, "parameters"_a)
        .def_prop_ro("stages",
                     [](PipelineHandle& p) {
                         return p.pipeline.use([](Pipeline& it) { return it.stages(); });
                     })
        .def("to_json",
             [](PipelineHandle& p) {
                 return p.pipeline.use([](Pipeline& it) { return it.to_json(); });
             })
        .def("plan", plan, "format"_a)
        .def(
            "start",
            [](PipelineHandle& p, const StreamFormat& format, nb::handle source) {
                const std::unique_ptr<PlanHandle> made(plan(p, format));
                return start_run(made->plan, made->slots, source);
            },
            "format"_a, "source"_a = nb::none())
        .def("__len__",
             [](PipelineHandle& p) {
                 return p.pipeline.use([](Pipeline& it) { return it.stages().size(); });
             })
        .def("__repr__", [](PipelineHandle& p) {
            const auto stages = p.pipeline.use([](Pipeline& it) { return it.stages(); });
            return nb::str("<oldfilm.Pipeline {!r}>").format(stages);
        });
    module.def("preset_names", &preset_names, "Names of the presets.");
}

} // namespace oldfilm::bindings

#include "bind.hpp"
#include "casts.hpp"
#include "interruptible.hpp"

#include <oldfilm/analysis.hpp>

namespace oldfilm::bindings {
namespace {

using namespace nb::literals;

void bind_facts(nb::module_& module) {
    nb::class_<ActiveArea>(module, "ActiveArea",
                           "The part of a frame that the picture takes, in pixels.")
        .def_ro("left", &ActiveArea::left)
        .def_ro("top", &ActiveArea::top)
        .def_ro("width", &ActiveArea::width)
        .def_ro("height", &ActiveArea::height)
        .def_ro("rounded", &ActiveArea::rounded);
    nb::class_<ShotDamage>(module, "ShotDamage",
                           "How damaged a shot is, at a glance; -1 where it is unknown.")
        .def_ro("flicker", &ShotDamage::flicker)
        .def_ro("weave", &ShotDamage::weave)
        .def_ro("dust", &ShotDamage::dust)
        .def_ro("scratches", &ShotDamage::scratches);
    nb::class_<ShotFacts>(module, "ShotFacts", "Facts of a shot, or of a place in the film.")
        .def_ro("first", &ShotFacts::first)
        .def_ro("frames", &ShotFacts::frames)
        .def_ro("time", &ShotFacts::time)
        .def_prop_ro("kind", [](const ShotFacts& s) { return to_string(s.kind); })
        .def_prop_ro("coloring", [](const ShotFacts& s) { return to_string(s.coloring); })
        .def_ro("grain_sigma", &ShotFacts::grain_sigma)
        .def_ro("grain_size", &ShotFacts::grain_size)
        .def_ro("damage", &ShotFacts::damage);
    nb::class_<FilmFacts>(module, "FilmFacts", "What a film is, found in its pictures.")
        .def_ro("width", &FilmFacts::width)
        .def_ro("height", &FilmFacts::height)
        .def_ro("area", &FilmFacts::area)
        .def_prop_ro("coloring", [](const FilmFacts& f) { return to_string(f.coloring); })
        .def_ro("damage", &FilmFacts::damage)
        .def_ro("shots", &FilmFacts::shots)
        .def_ro("sampled", &FilmFacts::sampled)
        .def_prop_ro("fields", [](const FilmFacts& f) { return to_string(f.fields); })
        .def_ro("telecined", &FilmFacts::telecined)
        .def_ro("film_rate", &FilmFacts::film_rate)
        .def("to_json", &FilmFacts::to_json);
}

} // namespace

void bind_analysis(nb::module_& module) {
    bind_facts(module);
    module.def(
        "analyze_film",
        [](const std::filesystem::path& path, int places, int frames, LogFunction log) {
            AnalysisOptions options;
            options.places = places;
            options.frames = frames;
            options.read.log = log_to(std::move(log));
            std::stop_source stop;
            options.stop = stop.get_token();
            return interruptible(stop, [&] { return analyze_film(path.string(), options); });
        },
        "path"_a, nb::kw_only(), "places"_a = 20, "frames"_a = 6, "log"_a = nb::none(),
        "Facts of a file from a bounded sample of its frames. Ctrl-C stops it.");
}

} // namespace oldfilm::bindings

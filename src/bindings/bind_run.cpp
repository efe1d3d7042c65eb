#include "bind.hpp"
#include "media_handles.hpp"
#include "pipeline_handles.hpp"
#include "reference.hpp"

#include <functional>
#include <utility>

namespace oldfilm::bindings {

using Source = std::function<std::optional<Frame>()>;

bool RunHandle::push(const Frame& frame) {
    return use([&](Run& run) {
        const std::lock_guard lock(pushing_);
        return run.push(frame);
    });
}

void RunHandle::finish() {
    use([&](Run& run) {
        const std::lock_guard lock(pushing_);
        run.finish();
    });
}

std::optional<Frame> RunHandle::next() {
    Frame frame;
    const Run::State state = use([&](Run& run) {
        const std::lock_guard lock(taking_);
        return run.next(frame);
    });
    ended_ = ended_ || state == Run::State::end;
    return state == Run::State::frame ? std::optional(std::move(frame)) : std::nullopt;
}

void RunHandle::close() {
    std::shared_ptr<Run> run = std::exchange(run_, nullptr);
    if (run) {
        run->cancel();
        const nb::gil_scoped_release released;
        run.reset();
    }
}

namespace {

using namespace nb::literals;

/// Frames of a reader; other users of it wait meanwhile.
Source frames_of(const ReaderHandle& reader) {
    return
        [guarded = reader.guarded()] { return guarded->use([](Reader& it) { return it.next(); }); };
}

/// Frames of a Python iterator. What it raises ends the run, and is raised by `Run.next`.
Source frames_of(nb::handle iterable) {
    return [iterator = reference_to(nb::iter(iterable))]() -> std::optional<Frame> {
        const HeldGil gil;
        const nb::object item = nb::steal(PyIter_Next(iterator->ptr()));
        if (item.is_valid()) {
            return nb::cast<Frame>(item);
        }
        if (PyErr_Occurred() != nullptr) {
            throw nb::python_error();
        }
        return std::nullopt;
    };
}

Source source_of(nb::handle source) {
    if (source.is_none()) {
        return {};
    }
    return nb::isinstance<ReaderHandle>(source) ? frames_of(nb::cast<const ReaderHandle&>(source))
                                                : frames_of(source);
}

void bind_progress(nb::module_& module) {
    nb::class_<Progress>(module, "Progress", "Progress of a run.")
        .def_ro("frames_in", &Progress::frames_in)
        .def_ro("frames_out", &Progress::frames_out)
        .def_prop_ro("frames_total",
                     [](const Progress& p) {
                         return p.frames_total < 0 ? std::nullopt : std::optional(p.frames_total);
                     })
        .def_ro("seconds", &Progress::seconds)
        .def_ro("fps", &Progress::fps)
        .def_prop_ro("eta", [](const Progress& p) {
            return p.eta < 0 ? std::nullopt : std::optional(p.eta);
        });
    nb::class_<RunStats>(module, "RunStats", "Counters of a run.")
        .def_ro("uploads", &RunStats::uploads)
        .def_ro("downloads", &RunStats::downloads)
        .def_ro("peak_frames", &RunStats::peak_frames)
        .def_ro("peak_bytes", &RunStats::peak_bytes)
        .def_ro("stage_seconds", &RunStats::stage_seconds)
        .def_ro("shots", &RunStats::shots);
}

Frame next_or_stop(RunHandle& run) {
    std::optional<Frame> frame = run.next();
    if (!frame) {
        throw nb::stop_iteration();
    }
    return std::move(*frame);
}

} // namespace

nb::object start_run(Handle<Plan>& plan, const Slots& slots, nb::handle source) {
    Source pulled = source_of(source);
    std::shared_ptr<Run> run = plan.use(
        [&](Plan& it) { return std::make_shared<Run>(it.start(std::exchange(pulled, {}))); });
    nb::object made = nb::cast(new RunHandle(std::move(run), slots), nb::rv_policy::take_ownership);
    nb::module_::import_("oldfilm._runs").attr("remember")(made);
    return made;
}

void bind_run(nb::module_& module) {
    bind_progress(module);
    nb::class_<RunHandle>(module, "Run", "One pass of a film through a pipeline.",
                          nb::is_weak_referenceable())
        .def("push", &RunHandle::push, "frame"_a)
        .def("finish", &RunHandle::finish)
        .def("next", &RunHandle::next)
        .def_prop_ro("ended", &RunHandle::ended)
        .def("cancel", [](RunHandle& r) { r.use([](Run& it) { it.cancel(); }); })
        .def("close", &RunHandle::close)
        .def_prop_ro("output",
                     [](RunHandle& r) { return r.use([](Run& it) { return it.output(); }); })
        .def("progress", [](RunHandle& r) { return r.use([](Run& it) { return it.progress(); }); })
        .def("stats", [](RunHandle& r) { return r.use([](Run& it) { return it.stats(); }); })
        .def("plan", [](RunHandle& r) { return r.use([](Run& it) { return it.plan(); }); })
        .def("__iter__", [](nb::handle self) { return nb::borrow(self); })
        .def("__next__", next_or_stop)
        .def("__enter__", [](nb::handle self) { return nb::borrow(self); })
        .def("__exit__", [](RunHandle& r, nb::args /*exception*/) { r.close(); });
}

} // namespace oldfilm::bindings

#include "bind.hpp"
#include "casts.hpp"
#include "python_stage.hpp"
#include "tensors.hpp"

#include <oldfilm/frame.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace oldfilm::bindings {
namespace {

using namespace nb::literals;

constexpr std::array origins{"decoded", "interpolated", "held"};
constexpr std::array ranges{"unspecified", "limited", "full"};
constexpr std::array sitings{"unspecified", "left", "center", "top_left"};

/// The enumerator with this name. Throws `Error` (invalid_argument).
template <class E, std::size_t n>
E named(const std::array<const char*, n>& names, std::string_view name, const char* what) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i) {
        if (name == names[i]) {
            return static_cast<E>(i);
        }
        all += (i == 0 ? "" : ", ") + std::string(names[i]);
    }
    throw Error(Errc::invalid_argument, std::string(what) + " must be one of " + all +
                                            ", found \"" + std::string(name) + "\"");
}

void bind_color(nb::module_& module) {
    nb::class_<ColorTags>(module, "ColorTags",
                          "Interpretation of sample values: code points of ITU-T H.273; 2 means "
                          "unspecified.")
        .def(
            "__init__",
            [](ColorTags* made, int primaries, int transfer, int matrix, const std::string& range,
               const std::string& siting) {
                const auto code = [](int value) { return static_cast<std::uint8_t>(value); };
                new (made) ColorTags{code(primaries), code(transfer), code(matrix),
                                     named<Range>(ranges, range, "range"),
                                     named<ChromaSiting>(sitings, siting, "siting")};
            },
            nb::kw_only(), "primaries"_a = 2, "transfer"_a = 2, "matrix"_a = 2,
            "range"_a = "unspecified", "siting"_a = "unspecified")
        .def_ro("primaries", &ColorTags::primaries)
        .def_ro("transfer", &ColorTags::transfer)
        .def_ro("matrix", &ColorTags::matrix)
        .def_prop_ro("range", [](const ColorTags& c) { return ranges.at(std::size_t(c.range)); })
        .def_prop_ro("siting", [](const ColorTags& c) { return sitings.at(std::size_t(c.siting)); })
        .def(
            "__eq__", [](const ColorTags& a, const ColorTags& b) { return a == b; },
            nb::is_operator());
}

void bind_format(nb::module_& module) {
    nb::class_<StreamFormat>(module, "StreamFormat",
                             "The properties that all frames of a stream share.")
        .def(
            "__init__",
            [](StreamFormat* made, int channels, std::int64_t height, std::int64_t width,
               Rational rate, const ColorTags& color, std::int64_t frames) {
                new (made) StreamFormat{channels, height, width, rate, color, frames, Rational(1)};
            },
            "channels"_a, "height"_a, "width"_a, "rate"_a = Rational(), nb::kw_only(),
            "color"_a = ColorTags(), "frames"_a = -1)
        .def_rw("channels", &StreamFormat::channels)
        .def_rw("height", &StreamFormat::height)
        .def_rw("width", &StreamFormat::width)
        .def_rw("rate", &StreamFormat::rate)
        .def_rw("color", &StreamFormat::color)
        .def_rw("frames", &StreamFormat::frames)
        .def("__copy__", [](const StreamFormat& f) { return f; })
        .def("__repr__", [](const StreamFormat& f) {
            return nb::str("StreamFormat(channels={}, height={}, width={}, rate='{}', frames={})")
                .format(f.channels, f.height, f.width, f.rate.to_string(), f.frames);
        });
}

Frame make_frame(nb::handle picture, std::int64_t pts, std::int64_t duration, Rational time_base,
                 const ColorTags& color, Rational sample_aspect) {
    FrameInfo info;
    info.pts = pts;
    info.duration = duration;
    info.time_base = time_base;
    info.color = color;
    info.sample_aspect = sample_aspect;
    return {to_tensor(picture), info};
}

at::Tensor mask_from(nb::handle mask) {
    return mask.is_none() ? at::Tensor() : to_tensor(mask);
}

void bind_frame(nb::module_& module) {
    nb::class_<Frame>(module, "Frame",
                      "One picture of a film, its exact time and its metadata. Immutable; the "
                      "tensors share the frame's storage and must not be written to.")
        .def(
            "__init__",
            [](Frame* made, nb::handle picture, std::int64_t pts, std::int64_t duration,
               Rational time_base, const ColorTags& color, Rational sample_aspect) {
                new (made)
                    Frame(make_frame(picture, pts, duration, time_base, color, sample_aspect));
            },
            "picture"_a, nb::kw_only(), "pts"_a = 0, "duration"_a = 0,
            "time_base"_a = Rational(1, 1000), "color"_a = ColorTags(),
            "sample_aspect"_a = Rational(1))
        .def_prop_ro("picture", [](const Frame& f) { return to_python(f.picture()); })
        .def_prop_ro("mask", [](const Frame& f) { return to_python(f.mask()); })
        .def_prop_ro("evidence", [](const Frame& f) { return to_python(f.evidence()); })
        .def_prop_ro("channels", &Frame::channels)
        .def_prop_ro("height", &Frame::height)
        .def_prop_ro("width", &Frame::width)
        .def_prop_ro("index", [](const Frame& f) { return f.info().index; })
        .def_prop_ro("source_index", [](const Frame& f) { return f.info().source_index; })
        .def_prop_ro("pts", [](const Frame& f) { return f.info().pts; })
        .def_prop_ro("duration", [](const Frame& f) { return f.info().duration; })
        .def_prop_ro("time_base", [](const Frame& f) { return f.info().time_base; })
        .def_prop_ro("time", [](const Frame& f) { return f.info().time(); })
        .def_prop_ro("shot", [](const Frame& f) { return f.info().shot; })
        .def_prop_ro("origin",
                     [](const Frame& f) { return origins.at(std::size_t(f.info().origin)); })
        .def_prop_ro("color", [](const Frame& f) { return f.info().color; })
        .def_prop_ro("sample_aspect", [](const Frame& f) { return f.info().sample_aspect; })
        .def(
            "with_picture",
            [](const Frame& f, nb::handle picture) { return f.with_picture(to_tensor(picture)); },
            "picture"_a)
        .def(
            "with_mask",
            [](const Frame& f, nb::handle mask) { return f.with_mask(mask_from(mask)); },
            "mask"_a.none())
        .def("numpy",
             [](nb::handle self) {
                 return nb::module_::import_("oldfilm._tensors").attr("to_numpy")(self);
             })
        .def("__array__",
             [](nb::handle self, nb::args args, nb::kwargs kwargs) {
                 return nb::module_::import_("oldfilm._tensors")
                     .attr("to_array")(self, *args, **kwargs);
             })
        .def("__dlpack__",
             [](const Frame& f, nb::kwargs kwargs) {
                 return to_python(f.picture()).attr("__dlpack__")(**kwargs);
             })
        .def("__dlpack_device__",
             [](const Frame& f) { return to_python(f.picture()).attr("__dlpack_device__")(); })
        .def("__repr__", [](const Frame& f) {
            return nb::str("<oldfilm.Frame {} at {} s, {} x {} x {}>")
                .format(f.info().index, f.info().time().to_string(), f.channels(), f.height(),
                        f.width());
        });
}

void bind_window(nb::module_& module) {
    nb::class_<Window>(module, "Window", "The frames that a stage is called with.")
        .def_ro("frames", &Window::frames)
        .def_ro("center_index", &Window::center)
        .def_ro("index", &Window::index)
        .def_prop_ro("center", [](const Window& w) { return w.frames.at(w.center); })
        .def("__len__", [](const Window& w) { return w.frames.size(); })
        .def("__iter__", [](const Window& w) { return nb::iter(nb::cast(w.frames)); })
        .def("__getitem__", [](const Window& w, std::int64_t i) {
            const auto count = static_cast<std::int64_t>(w.frames.size());
            const std::int64_t at = i < 0 ? i + count : i;
            if (at < 0 || at >= count) {
                throw nb::index_error();
            }
            return w.frames[static_cast<std::size_t>(at)];
        });
}

} // namespace

void bind_frames(nb::module_& module) {
    bind_color(module);
    bind_format(module);
    bind_frame(module);
    bind_window(module);
}

} // namespace oldfilm::bindings

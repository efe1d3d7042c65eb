#include "python_stage.hpp"

#include "casts.hpp"
#include "errors.hpp"
#include "tensors.hpp"

#include <oldfilm/stage_torch.hpp>

#include <c10/core/GradMode.h>

#include <type_traits>
#include <utility>
#include <variant>

namespace oldfilm::bindings {
namespace {

/// Calls `work` with the GIL held, and turns an exception of Python into a failure of the stage.
template <class Work>
void in_python(Work&& work) {
    const HeldGil gil;
    try {
        work();
    } catch (const nb::python_error& error) {
        throw sdk::Failure(described(error));
    }
}

sdk::Parameter row(const std::string& name, const nb::handle& initial) {
    constexpr std::int64_t whole = std::int64_t{1} << 53; // doubles hold all integers up to here
    constexpr double far = 1e300;
    if (nb::isinstance<nb::bool_>(initial)) {
        return sdk::flag(name, nb::cast<bool>(initial), "");
    }
    if (nb::isinstance<nb::int_>(initial)) {
        return sdk::integer(name, nb::cast<std::int64_t>(initial), -whole, whole, "");
    }
    if (nb::isinstance<nb::float_>(initial)) {
        return sdk::number(name, nb::cast<double>(initial), -far, far, "");
    }
    return sdk::text(name, nb::cast<std::string>(initial), "");
}

Rational rational_of(const oldfilm_rational& c) {
    return {c.num, c.den};
}

ColorTags color_of(const oldfilm_color& c) {
    return {c.primaries, c.transfer, c.matrix, static_cast<Range>(c.range),
            static_cast<ChromaSiting>(c.siting)};
}

StreamFormat format_of(const sdk::Format& input) {
    StreamFormat format;
    format.channels = input.channels;
    format.height = input.height;
    format.width = input.width;
    format.rate = rational_of(input.rate);
    format.color = color_of(input.color);
    return format;
}

Frame frame_of(const sdk::FrameView& view) {
    FrameInfo info;
    info.index = info.source_index = view.index();
    info.pts = view.pts();
    info.duration = view.duration();
    info.time_base = rational_of(view.time_base());
    info.shot = view.shot();
    info.origin = static_cast<Origin>(view.origin());
    info.color = color_of(view.color());
    const Frame frame(sdk::picture(view), info);
    const at::Tensor mask = sdk::mask(view);
    return mask.defined() ? frame.with_mask(mask) : frame;
}

Window window_of(const sdk::Request& request) {
    Window window;
    window.center = request.center_entry();
    window.index = request.index();
    for (std::size_t i = 0; i < request.count(); ++i) {
        window.frames.push_back(frame_of(request.frame(i)));
    }
    return window;
}

/// What `process` returned: None, a picture, or a pair of picture and repair mask.
void store(const nb::object& returned, const sdk::Request& request) {
    if (returned.is_none()) {
        request.pass_through();
    } else if (nb::isinstance<nb::tuple>(returned)) {
        const auto pair = nb::cast<nb::tuple>(returned);
        if (pair.size() != 2) {
            throw sdk::Failure("process must return None, a picture, or a picture and a mask, "
                               "found a tuple of " +
                               std::to_string(pair.size()));
        }
        request.set_output(sdk::share(to_tensor(pair[0])));
        request.set_mask(sdk::share(to_tensor(pair[1])));
    } else {
        request.set_output(sdk::share(to_tensor(returned)));
    }
}

} // namespace

sdk::About about(nb::handle stage) {
    const auto facts =
        nb::cast<nb::dict>(nb::module_::import_("oldfilm._stage").attr("facts")(stage));
    const auto text = [&](const char* name) { return nb::cast<std::string>(facts[name]); };
    sdk::About about;
    about.id = text("id");
    about.name = text("name");
    about.version = text("version");
    about.summary = text("summary");
    for (const auto& [name, initial] : nb::cast<nb::dict>(facts["parameters"])) {
        about.parameters.push_back(row(nb::cast<std::string>(name), initial));
    }
    return about;
}

PythonStage::PythonStage(const sdk::Host& host, const sdk::About& about, const Reference& stage)
    : Stage(host), about_(about) {
    in_python([&] { stage_ = reference_to(nb::module_::import_("copy").attr("copy")(*stage)); });
}

nb::dict PythonStage::parameters(const sdk::Values& values) const {
    nb::dict found;
    for (const sdk::Parameter& row : about_.parameters) {
        const char* name = row.name.c_str();
        switch (row.type) {
        case OLDFILM_BOOLEAN:
            found[name] = values.flag(row.name);
            break;
        case OLDFILM_INTEGER:
            found[name] = values.integer(row.name);
            break;
        case OLDFILM_NUMBER:
            found[name] = values.number(row.name);
            break;
        default:
            found[name] = values.text(row.name);
        }
    }
    return found;
}

void PythonStage::configure(const sdk::Format& input, const sdk::Values& values,
                            sdk::Config& config) {
    in_python([&] {
        const nb::object helper = nb::module_::import_("oldfilm._stage").attr("configured");
        const auto answer =
            nb::cast<nb::tuple>(helper(*stage_, format_of(input), parameters(values)));
        const auto output = nb::cast<StreamFormat>(answer[0]);
        config.channels = output.channels;
        config.height = output.height;
        config.width = output.width;
        config.rate = {output.rate.num(), output.rate.den()};
        config.before = nb::cast<std::int32_t>(answer[1]);
        config.after = nb::cast<std::int32_t>(answer[2]);
        config.warm_up = nb::cast<std::int32_t>(answer[3]);
    });
}

void PythonStage::process(const sdk::Request& request) {
    in_python([&] {
        const c10::AutoGradMode no_gradients(false);
        store(stage_->attr("process")(window_of(request)), request);
    });
}

void PythonStage::reset() {
    in_python([&] {
        if (nb::hasattr(*stage_, "reset")) {
            stage_->attr("reset")();
        }
    });
}

} // namespace oldfilm::bindings

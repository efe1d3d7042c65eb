#include "stage/stage.hpp"

#include "stage/tensors.hpp"

#include <ATen/ops/sum.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <deque>

namespace oldfilm::stage {
namespace {

oldfilm_color color_of(const ColorTags& tags) {
    return {tags.primaries,
            tags.transfer,
            tags.matrix,
            static_cast<std::uint8_t>(tags.range),
            static_cast<std::uint8_t>(tags.siting),
            {0, 0, 0}};
}

oldfilm_rational rational_of(const Rational& value) {
    return {value.num(), value.den()};
}

/// C values for checked parameters; `texts` keeps what they point to.
std::vector<oldfilm_value> values_of(const std::vector<ParameterValue>& values) {
    std::vector<oldfilm_value> result;
    for (const ParameterValue& value : values) {
        oldfilm_value c{0, 0, ""};
        if (const auto* flag = std::get_if<bool>(&value)) {
            c.integer = *flag ? 1 : 0;
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            c.integer = *integer;
        } else if (const auto* number = std::get_if<double>(&value)) {
            c.number = *number;
        } else {
            c.text = std::get<std::string>(value).c_str();
        }
        result.push_back(c);
    }
    return result;
}

} // namespace

/// A frame lent to the plugin: the C struct and the tensors that it points to.
class Stage::Lent {
  public:
    Lent(const Frame& frame, bool torch) : picture_(lend(frame.picture(), torch)) {
        if (frame.mask().defined()) {
            mask_ = lend(frame.mask(), torch);
        }
        const FrameInfo& info = frame.info();
        c_.size = sizeof(c_);
        c_.picture = &picture_;
        c_.mask = frame.mask().defined() ? &mask_ : nullptr;
        c_.index = info.index;
        c_.pts = info.pts;
        c_.duration = info.duration;
        c_.time_base = rational_of(info.time_base);
        c_.shot = info.shot;
        c_.origin = static_cast<std::int32_t>(info.origin);
        c_.color = color_of(info.color);
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    [[nodiscard]] const oldfilm_frame* c() const noexcept { return &c_; }

  private:
    oldfilm_tensor picture_;
    oldfilm_tensor mask_{};
    oldfilm_frame c_{};
};

Stage::Stage(const oldfilm_plugin_description& plugin, const std::string& folder, Shared& shared)
    : plugin_(&plugin),
      host_(shared, plugin.name, folder, plugin.runtime != nullptr && *plugin.runtime != '\0') {
    host_.check(plugin_->create(host_.c(), &stage_), "start");
    if (stage_ == nullptr) {
        throw Error(
            Errc::stage_failed,
            fmt::format("stage {} started without giving an instance; its create must set one",
                        plugin.name));
    }
}

Stage::~Stage() {
    if (stage_ != nullptr) {
        plugin_->destroy(stage_);
    }
}

const Config& Stage::configure(const StreamFormat& input,
                               const std::vector<ParameterValue>& values) {
    oldfilm_format format{};
    format.size = sizeof(format);
    format.channels = input.channels;
    format.height = input.height;
    format.width = input.width;
    format.rate = rational_of(input.rate);
    format.color = color_of(input.color);
    const at::Device device = host_.shared().device;
    format.device_type = device_type_of(device);
    if (format.device_type == OLDFILM_OTHER_DEVICE && !host_.torch()) {
        throw Error(Errc::incompatible,
                    fmt::format("stage {} is built without LibTorch, and can't be given tensors on "
                                "{}; run it on the CPU or on CUDA",
                                plugin_->name, device.str()));
    }
    format.device_index = device.has_index() ? device.index() : 0;

    oldfilm_config answer{};
    answer.size = sizeof(answer);
    answer.channels = input.channels;
    answer.height = input.height;
    answer.width = input.width;
    answer.rate = format.rate;
    answer.batch = 1;
    const std::vector<oldfilm_value> c_values = values_of(values);
    host_.check(plugin_->configure(stage_, &format, c_values.data(), &answer), "configure itself");

    const bool sane = (answer.channels == 1 || answer.channels == 3) && answer.height > 0 &&
                      answer.width > 0 && answer.rate.den > 0 && answer.rate.num >= 0 &&
                      answer.before >= 0 && answer.after >= 0 && answer.batch >= 1 &&
                      answer.warm_up >= 0 && answer.analysis_frames >= 0 && answer.before < 1000 &&
                      answer.after < 1000 &&
                      (answer.edges == OLDFILM_REPEAT || answer.edges == OLDFILM_INSIDE) &&
                      (answer.analysis_frames == 0 || plugin_->analyze != nullptr);
    if (!sane) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} answered configure with {} x {} x "
                                "{}, rate {}/{}, window {}+{}, edges {}, "
                                "batch {}; sizes must be positive, channels 1 or 3",
                                plugin_->name, answer.channels, answer.height, answer.width,
                                answer.rate.num, answer.rate.den, answer.before, answer.after,
                                answer.edges, answer.batch));
    }
    config_.output = input;
    config_.output.channels = answer.channels;
    config_.output.height = answer.height;
    config_.output.width = answer.width;
    config_.output.rate = Rational(answer.rate.num, answer.rate.den);
    config_.changes_rate = config_.output.rate != input.rate;
    config_.before = answer.before;
    config_.after = answer.after;
    config_.edges = answer.edges;
    config_.batch = answer.batch;
    config_.warm_up = answer.state == OLDFILM_WARM_UP ? answer.warm_up : 0;
    config_.analysis_frames = answer.analysis_frames;
    config_.memory = std::max<std::int64_t>(answer.memory, 0);
    return config_;
}

void Stage::change(const std::vector<ParameterValue>& values) {
    if (plugin_->change != nullptr) {
        const std::vector<oldfilm_value> c_values = values_of(values);
        host_.check(plugin_->change(stage_, c_values.data()), "change its parameters");
    }
}

void Stage::analyze(const Frame& frame) {
    const Lent lent(frame, host_.torch());
    host_.check(plugin_->analyze(stage_, lent.c()), "analyze a frame");
}

void Stage::restore_analysis(const std::string& json) {
    host_.check(plugin_->restore_analysis(stage_, json.c_str()), "take its analysis back");
}

std::string Stage::finish_analysis() {
    const char* json = nullptr;
    host_.check(plugin_->finish_analysis(stage_, &json), "finish its analysis");
    return json == nullptr ? "null" : json;
}

void Stage::reset() {
    if (plugin_->reset != nullptr) {
        plugin_->reset(stage_);
    }
}

std::vector<Made> Stage::process(const std::vector<Wanted>& wanted) {
    std::deque<Lent> frames; // a deque, so that pointers stay valid while it grows
    std::deque<std::vector<const oldfilm_frame*>> windows;
    std::vector<oldfilm_result> results(wanted.size());
    std::vector<oldfilm_request> requests;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::vector<const oldfilm_frame*>& window = windows.emplace_back();
        for (const Frame& frame : wanted[i].window) {
            window.push_back(frames.emplace_back(frame, host_.torch()).c());
        }
        results[i].size = sizeof(oldfilm_result);
        requests.push_back({sizeof(oldfilm_request), wanted[i].index, window.data(),
                            static_cast<std::uint32_t>(window.size()),
                            static_cast<std::uint32_t>(wanted[i].centre), wanted[i].position,
                            &results[i]});
    }
    std::vector<const oldfilm_request*> pointers;
    for (const oldfilm_request& request : requests) {
        pointers.push_back(&request);
    }
    const int status =
        plugin_->process(stage_, pointers.data(), static_cast<std::uint32_t>(pointers.size()));
    std::vector<Made> made;
    // Results are taken over before the status is looked at, so that what was made is freed either
    // way.
    std::optional<Error> broken;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        try {
            made.push_back(checked(results[i], wanted[i]));
        } catch (const Error& error) {
            broken = error;
        }
    }
    host_.check(status, "process a frame");
    if (broken) {
        throw Error(*broken);
    }
    return made;
}

Made Stage::checked(oldfilm_result& result, const Wanted& wanted) const {
    Made made;
    const auto given = [](const oldfilm_tensor& c) {
        return c.impl != nullptr || c.data != nullptr;
    };
    if (given(result.picture)) {
        made.picture = take(result.picture);
    }
    if (result.has_mask != 0 && given(result.mask)) {
        made.mask = take(result.mask);
    }
    made.unchanged = result.unchanged != 0;
    if (made.unchanged) {
        if (config_.changes_rate) {
            return made;
        }
        const Frame& centre = wanted.window[wanted.centre];
        if (centre.channels() != config_.output.channels ||
            centre.height() != config_.output.height || centre.width() != config_.output.width) {
            throw Error(Errc::stage_failed,
                        fmt::format("stage {} left a frame unchanged, but said that it changes the "
                                    "format; its process must give a picture",
                                    plugin_->name));
        }
        return made;
    }
    check_tensor(made.picture, "picture", config_.output.channels);
    if (made.mask.defined()) {
        check_tensor(made.mask, "mask", 1);
    }
    return made;
}

void Stage::check_tensor(const at::Tensor& tensor, const char* what, std::int64_t channels) const {
    const std::string expected =
        fmt::format("{} x {} x {} float32", channels, config_.output.height, config_.output.width);
    if (!tensor.defined()) {
        throw Error(Errc::stage_failed, fmt::format("stage {} gave no {}; expected one of {}",
                                                    plugin_->name, what, expected));
    }
    const bool fits = tensor.dim() == 3 && tensor.size(0) == channels &&
                      tensor.size(1) == config_.output.height &&
                      tensor.size(2) == config_.output.width && tensor.scalar_type() == at::kFloat;
    if (!fits) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} gave a {} of shape {} ({}); expected {}", plugin_->name,
                                what, fmt::join(tensor.sizes(), " x "),
                                tensor.scalar_type() == at::kFloat ? "float32" : "not float32",
                                expected));
    }
    if (tensor.device().type() != host_.shared().device.type()) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} gave a {} on another device than its input's",
                                plugin_->name, what));
    }
    // A sum is finite only if every value is; elsewhere the check would stall the stream: there
    // the frame is looked at when it has come to the host.
    if (tensor.is_cpu() && !std::isfinite(tensor.sum().item<double>())) {
        throw Error(
            Errc::stage_failed,
            fmt::format(
                "stage {} gave a {} with values that are no numbers (NaN or infinite); this is a "
                "defect of the stage or of its model",
                plugin_->name, what));
    }
}

} // namespace oldfilm::stage

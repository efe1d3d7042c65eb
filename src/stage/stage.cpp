#include "stage/stage.hpp"

#include "stage/answer.hpp"
#include "stage/c_values.hpp"
#include "stage/lent_frames.hpp"
#include "stage/library.hpp"
#include "stage/outputs.hpp"
#include "stage/tensors.hpp"

#include <ATen/ops/max.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace oldfilm::stage {
namespace {

int threw(HostSide& host, const char* what) noexcept {
    try {
        return host.remember(Errc::stage_failed,
                             fmt::format("an exception came across its C functions, which must "
                                         "catch all of them ({})",
                                         what));
    } catch (const std::exception&) {
        return host.remember(Errc::stage_failed, "an exception came across its C functions");
    }
}

constexpr std::size_t most_shown = 80; ///< characters of a text that makes no sense

} // namespace

/// Calls the plugin, alone where that is what it wants. What it throws, against the contract, is
/// remembered, and is its failure.
template <class Function>
int Stage::call(const Function& function) noexcept {
    const auto turn = turn_ ? std::unique_lock(*turn_) : std::unique_lock<std::mutex>();
    try {
        return function();
    } catch (const std::bad_alloc&) {
        return host_.remember(Errc::out_of_memory, "std::bad_alloc came across its C functions");
    } catch (const std::exception& error) {
        return threw(host_, error.what());
    } catch (...) {
        return threw(host_, "no std::exception");
    }
}

Stage::Stage(const oldfilm_plugin_description& plugin, const std::string& folder, Shared& shared,
             NamedFiles named)
    : plugin_(&plugin),
      host_(shared, plugin.name, folder, plugin.runtime != nullptr && *plugin.runtime != '\0',
            std::move(named)),
      turn_(turn_of(plugin)),
      analysis_(extension_of<oldfilm_stage_analysis>(plugin, OLDFILM_EXT_ANALYSIS)),
      live_(extension_of<oldfilm_stage_live>(plugin, OLDFILM_EXT_LIVE)),
      evidence_(extension_of<oldfilm_stage_evidence>(plugin, OLDFILM_EXT_EVIDENCE)) {
    host_.check(call([this] { return plugin_->create(host_.c(), &stage_); }), "start");
    if (stage_ == nullptr) {
        throw Error(
            Errc::stage_failed,
            fmt::format("stage {} started without giving an instance; its create must set one",
                        plugin.name));
    }
}

Stage::~Stage() {
    if (stage_ != nullptr) {
        call([this] {
            plugin_->destroy(stage_);
            return OLDFILM_OK;
        });
    }
}

oldfilm_config Stage::answer_to(const oldfilm_format& format,
                                const std::vector<ParameterValue>& values) {
    oldfilm_config answer = answer_like(format);
    const std::vector<oldfilm_value> c_values = values_of(values);
    host_.check(call([&] { return plugin_->configure(stage_, &format, c_values.data(), &answer); }),
                "configure itself");
    return answer;
}

/// A stage may be at a loss where times are irregular, because it makes so many frames of each.
/// Asked about one frame a second it says how many.
oldfilm_config Stage::answer_without_rate(const oldfilm_format& format,
                                          const std::vector<ParameterValue>& values) {
    config_.each = Rational(1);
    try {
        return answer_to(format, values);
    } catch (const Error& refused) {
        if (refused.code() != Errc::invalid_argument) {
            throw;
        }
        oldfilm_format one = format;
        one.rate = {1, 1};
        oldfilm_config answer = answer_to(one, values);
        if (answer.rate.den <= 0 || answer.rate.num <= 0 || answer.rate.num == answer.rate.den) {
            throw Error(refused); // it keeps the rate: what it is at a loss for is something else
        }
        config_.each = Rational(answer.rate.num, answer.rate.den);
        answer.rate = format.rate;
        return answer;
    }
}

const Config& Stage::configure(const StreamFormat& input,
                               const std::vector<ParameterValue>& values) {
    oldfilm_format format = format_of(input);
    format.size = sizeof(format);
    const at::Device device = host_.shared().device;
    format.device_type = device_type_of(device);
    std::string why;
    if (!host_.torch() && !speaks_natively(device, why)) {
        throw Error(Errc::incompatible,
                    fmt::format("stage {} is built without LibTorch, and can't be told the streams "
                                "of {}{}{}; run it on the CPU",
                                plugin_->name, device.str(), why.empty() ? "" : ": ", why));
    }
    format.device_index = device.has_index() ? device.index() : 0;

    const oldfilm_config answer =
        input.rate.num() > 0 ? answer_to(format, values) : answer_without_rate(format, values);
    if (const std::string refused = why_refused(answer, *plugin_); !refused.empty()) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} answered configure with what can't be: {}; this is a "
                                "defect of the stage",
                                plugin_->name, refused));
    }
    config_.output = input;
    config_.output.channels = answer.channels;
    config_.output.height = answer.height;
    config_.output.width = answer.width;
    config_.output.rate = Rational(answer.rate.num, answer.rate.den);
    config_.changes_rate = config_.output.rate != input.rate || config_.each != Rational(1);
    config_.output.frames_each = input.frames_each * config_.each;
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
    if (live_ != nullptr) {
        const std::vector<oldfilm_value> c_values = values_of(values);
        host_.check(call([&] { return live_->change(stage_, c_values.data()); }),
                    "change its parameters");
    }
}

void Stage::analyze(const Frame& frame) {
    LentFrames frames(host_);
    const oldfilm_frame* lent = frames.add(frame);
    host_.check(call([&] { return analysis_->analyze(stage_, lent); }), "analyze a frame");
}

void Stage::restore_analysis(const std::string& json) {
    host_.check(call([&] { return analysis_->restore(stage_, json.c_str()); }),
                "take its analysis back");
}

std::string Stage::finish_analysis() {
    std::string text;
    host_.check(call([&] {
                    const char* json = nullptr;
                    const int status = analysis_->finish(stage_, &json);
                    text = json == nullptr ? "null" : json;
                    return status;
                }),
                "finish its analysis");
    if (!nlohmann::json::accept(text)) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} must give what its analysis found as JSON, found \"{}\"; "
                                "this is a defect of the stage",
                                plugin_->name, text.substr(0, most_shown)));
    }
    return text;
}

void Stage::reset() {
    if (plugin_->reset != nullptr) {
        host_.check(call([this] {
                        plugin_->reset(stage_);
                        return OLDFILM_OK;
                    }),
                    "begin a shot");
    }
}

std::vector<Made> Stage::process(const std::vector<Wanted>& wanted) {
    LentFrames frames(host_);
    std::deque<std::vector<const oldfilm_frame*>> windows;
    std::vector<oldfilm_result> results(wanted.size());
    std::vector<oldfilm_request> requests;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::vector<const oldfilm_frame*>& window = windows.emplace_back();
        for (const Frame& frame : wanted[i].window) {
            window.push_back(frames.add(frame));
        }
        results[i].size = sizeof(oldfilm_result);
        requests.push_back({sizeof(oldfilm_request), wanted[i].index, window.data(),
                            static_cast<std::uint32_t>(window.size()),
                            static_cast<std::uint32_t>(wanted[i].center), wanted[i].position,
                            &results[i]});
    }
    std::vector<const oldfilm_request*> pointers;
    for (const oldfilm_request& request : requests) {
        pointers.push_back(&request);
    }
    const int status = call([&] {
        return plugin_->process(stage_, pointers.data(),
                                static_cast<std::uint32_t>(pointers.size()));
    });
    std::vector<Made> made;
    // Results are taken over before the status is looked at, so that what was made is freed either
    // way.
    std::exception_ptr broken;
    for (oldfilm_result& result : results) {
        try {
            made.push_back(taken(result));
        } catch (const Error& error) {
            broken = std::make_exception_ptr(
                Error(error.code(), fmt::format("stage {} gave an output that can't be used: {}",
                                                plugin_->name, error.what())));
        } catch (...) {
            broken = std::current_exception();
        }
    }
    host_.check(status, "process a frame");
    if (broken) {
        std::rethrow_exception(broken);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        check_made(made[i], wanted[i]);
    }
    return made;
}

void Stage::keep_evidence() {
    if (evidence_ != nullptr) {
        host_.check(call([&] { return evidence_->keep(stage_); }), "keep its evidence");
    }
}

void Stage::add_evidence(std::vector<Made>& made) {
    for (std::size_t i = 0; evidence_ != nullptr && i < made.size(); ++i) {
        if (!made[i].unchanged) {
            add_evidence(made[i], static_cast<std::uint32_t>(i));
        }
    }
}

void Stage::add_evidence(Made& made, std::uint32_t request) {
    std::int32_t kind = OLDFILM_SYNTHESIZED;
    oldfilm_tensor plane{};
    const int status = call([&] { return evidence_->evidence(stage_, request, &kind, &plane); });
    made.evidence = take(plane, host_.shared().device);
    host_.check(status, "say where its samples come from");
    if (made.evidence.defined()) {
        check_output({made.evidence, "evidence plane", 1, at::kByte}, config_.output, host_);
        if (!made.evidence.is_cpu()) { // a look would stall the stream
            return;
        }
        kind = made.evidence.max().item<std::int32_t>();
    }
    made.kind = evidence_of(kind, plugin_->name);
}

/// Both tensors are taken over before either is complained of.
Made Stage::taken(oldfilm_result& result) const {
    const at::Device& device = host_.shared().device;
    Made made;
    made.unchanged = result.unchanged != 0;
    std::exception_ptr broken;
    for (const auto& [c, tensor] :
         {std::pair{&result.picture, &made.picture}, std::pair{&result.mask, &made.mask}}) {
        try {
            *tensor = take(*c, device);
        } catch (...) {
            broken = std::current_exception();
        }
    }
    if (broken) {
        std::rethrow_exception(broken);
    }
    if (result.has_mask == 0) {
        made.mask = at::Tensor();
    }
    return made;
}

void Stage::check_made(const Made& made, const Wanted& wanted) const {
    if (!made.unchanged) {
        const StreamFormat& format = config_.output;
        check_output({made.picture, "picture", format.channels, at::kFloat}, format, host_);
        if (made.mask.defined()) {
            check_output({made.mask, "mask", 1, at::kFloat}, format, host_);
        }
        return;
    }
    if (config_.changes_rate) {
        return;
    }
    const Frame& center = wanted.window[wanted.center];
    if (center.channels() != config_.output.channels || center.height() != config_.output.height ||
        center.width() != config_.output.width) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} left a frame unchanged, but said that it changes the "
                                "format; its process must give a picture",
                                plugin_->name));
    }
}

} // namespace oldfilm::stage

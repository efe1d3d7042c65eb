#include "restore_filter.hpp"

#include "arguments.hpp"
#include "clip.hpp"
#include "samples.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/process.hpp>

#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstdlib> // says whether the C library is glibc
#include <limits>
#include <utility>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace vsplugin {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Rational;

namespace {

constexpr std::int64_t frames_ahead = 8, least_ahead = 4;
constexpr std::int64_t bytes_ahead = 256 << 20, bytes_cached = 512 << 20;
constexpr std::int64_t bytes_between_trims = 128 << 20;

/// How many frames of the clip wait for a run at most.
std::int64_t ahead_of(const VSVideoInfo& clip) {
    const std::int64_t bytes = std::int64_t{4} * clip.format.numPlanes * clip.height * clip.width;
    return std::clamp(bytes_ahead / bytes, least_ahead, frames_ahead);
}

const char* name_of(oldfilm::Origin origin) {
    switch (origin) {
    case oldfilm::Origin::interpolated:
        return "interpolated";
    case oldfilm::Origin::held:
        return "held";
    case oldfilm::Origin::decoded:
        break;
    }
    return "decoded";
}

/// On the host. What a CPU computes was checked there.
at::Tensor on_host(const at::Tensor& tensor, std::int64_t number) {
    if (tensor.is_cpu()) {
        return tensor;
    }
    const at::Tensor host = tensor.cpu();
    if (!std::isfinite(host.sum().item<double>())) {
        throw Error(Errc::stage_failed,
                    "frame " + std::to_string(number) +
                        " has non-finite values (NaN or infinity); this is a defect of a stage or "
                        "of its model: try them one by one, or device=\"cpu\", which reports whose "
                        "it is");
    }
    return host;
}

} // namespace

RestoreFilter::RestoreFilter(const Function& function, const VSMap* in, VSCore* core,
                             const VSAPI* api)
    : api_(api), core_(core), messages_(std::make_shared<Messages>()) {
    const Arguments arguments(in, *api);
    clip_ = arguments.clip();
    input_ = *api->getVideoInfo(clip_.get());
    if (const std::string refusal = refusal_of(input_, *api); !refusal.empty()) {
        throw Error(Errc::unsupported, refusal);
    }
    if (input_.format.colorFamily == cfYUV) {
        clip_ = converted_to_rgb(clip_.get(), core, *api);
        input_ = *api->getVideoInfo(clip_.get());
    }
    const oldfilm::StreamFormat format = format_of(input_);
    auto [source, options] = arguments.shots(format.rate);
    run_ = std::make_unique<RandomAccessRun>(
        arguments.pipeline(function, Messages::log_of(messages_)), format, input_.numFrames,
        ShotMap(source, options, format, input_.numFrames), ahead_of(input_));
    output_ = output_info();
    mask_ = arguments.mask();
    if (mask_ && (output_.width != input_.width || output_.height != input_.height)) {
        throw Error(Errc::invalid_argument,
                    "repair masks (mask=1) have the size of the clip, and the stages change it; "
                    "restore in two calls, and take the masks of the first");
    }
}

VSVideoInfo RestoreFilter::output_info() const {
    const oldfilm::StreamFormat& format = run_->output();
    VSVideoInfo info = input_;
    const std::int64_t frames = run_->outputs();
    const bool same_kind = (input_.fpsNum > 0) == (format.rate.num() > 0);
    if (!same_kind || frames > std::numeric_limits<int>::max()) {
        throw Error(
            Errc::unsupported,
            "the stages bring a clip without a frame rate to one, so that the number of "
            "frames is not known beforehand; give it a rate with core.std.AssumeFPS, or use "
            "a factor, such as \"interpolate:fps=2x\"");
    }
    info.width = static_cast<int>(format.width);
    info.height = static_cast<int>(format.height);
    info.numFrames = static_cast<int>(frames);
    if (info.fpsNum > 0) {
        info.fpsNum = format.rate.num();
        info.fpsDen = format.rate.den();
    }
    api_->queryVideoFormat(&info.format, format.channels == 1 ? cfGray : cfRGB,
                           input_.format.sampleType, input_.format.bitsPerSample, 0, 0, core_);
    return info;
}

/// Fewer frames than VapourSynth would cache if they are large.
int RestoreFilter::most_cached() const {
    const std::int64_t bytes = std::int64_t{output_.format.bytesPerSample} *
                               output_.format.numPlanes * output_.height * output_.width;
    return static_cast<int>(std::clamp<std::int64_t>(bytes_cached / bytes, least_ahead, 1 << 16));
}

void RestoreFilter::create(const Function& function, const VSMap* in, VSMap* out, VSCore* core,
                           const VSAPI* api) {
    std::unique_ptr<RestoreFilter> filter(new RestoreFilter(function, in, core, api));
    filter->messages_->pass_on(core, *api);
    RestoreFilter& it = *filter;
    it.add_node(function.name, out, std::move(filter));
}

void RestoreFilter::add_node(const std::string& name, VSMap* out,
                             std::unique_ptr<RestoreFilter> self) {
    const VSFilterDependency dependency{clip_.get(), rpGeneral};
    VSNode* node = api_->createVideoFilter2(name.c_str(), &output_, get_frame, free, fmFrameState,
                                            &dependency, 1, self.get(), core_);
    if (node == nullptr) {
        throw Error(Errc::internal, "VapourSynth refused the filter");
    }
    static_cast<void>(self.release()); // `free` deletes it
    api_->setCacheOptions(node, -1, std::min(most_cached(), 2 * api_->setLinearFilter(node)), -1);
    api_->mapConsumeNode(out, "clip", node, maAppend);
}

void VS_CC RestoreFilter::free(void* instance, VSCore* /*core*/, const VSAPI* /*api*/) {
    const std::unique_ptr<RestoreFilter> last(static_cast<RestoreFilter*>(instance));
}

const VSFrame* VS_CC RestoreFilter::get_frame(int number, int reason, void* instance,
                                              void** /*frame_data*/, VSFrameContext* context,
                                              VSCore* core, const VSAPI* api) {
    auto& filter = *static_cast<RestoreFilter*>(instance);
    const VSFrame* frame = nullptr;
    try {
        frame = filter.advance(number, reason, context);
    } catch (const std::exception& error) {
        filter.run_->reset();
        filter.properties_.clear();
        api->setFilterError(("oldfilm: " + std::string(error.what())).c_str(), context);
    }
    filter.messages_->pass_on(core, *api);
    return frame;
}

/// Frames of the clip are asked for first, so that they are made while the run is at work.
const VSFrame* RestoreFilter::advance(int number, int reason, VSFrameContext* context) {
    if (reason == arInitial) {
        run_->seek(number);
        if (request(number, context)) {
            return nullptr;
        }
    } else if (reason == arAllFramesReady) {
        take_requested(context);
    } else { // one of them failed, which is the error of this frame too
        return nullptr;
    }
    return work(number, context);
}

bool RestoreFilter::request(int number, VSFrameContext* context) {
    requested_ = run_->wanted(number);
    for (std::int64_t n = requested_.first; n < requested_.end; ++n) {
        api_->requestFrameFilter(static_cast<int>(n), clip_.get(), context);
    }
    return requested_.first < requested_.end;
}

void RestoreFilter::take_requested(VSFrameContext* context) {
    for (std::int64_t n = requested_.first; n < requested_.end; ++n) {
        const auto number = static_cast<int>(n);
        const FramePtr frame(api_->getFrameFilter(number, clip_.get(), context), {api_});
        take(n, frame.get());
        api_->releaseFrameEarly(clip_.get(), number, context);
    }
    properties_.erase(properties_.begin(), properties_.lower_bound(run_->oldest()));
}

void RestoreFilter::take(std::int64_t number, const VSFrame* frame) {
    const VSMap* properties = api_->getFramePropertiesRO(frame);
    const Coding coding = coding_of(input_.format, properties, *api_);
    const bool cut = integer_in(properties, "_SceneChangePrev", *api_).value_or(0) != 0;
    run_->give(number,
               oldfilm::Frame(to_picture(frame, coding, *api_), info_of(number, properties)), cut);
    MapPtr& copy = properties_[number];
    copy = MapPtr(api_->createMap(), {api_});
    api_->copyMap(properties, copy.get());
}

oldfilm::FrameInfo RestoreFilter::info_of(std::int64_t number, const VSMap* properties) const {
    oldfilm::FrameInfo info;
    info.color = color_of(input_.format, properties, *api_);
    info.duration = 1;
    if (input_.fpsNum > 0) {
        info.pts = number;
        info.time_base = rate_of(input_).inverse();
        return info;
    }
    const auto num = integer_in(properties, "_DurationNum", *api_).value_or(0);
    const auto den = integer_in(properties, "_DurationDen", *api_).value_or(0);
    if (num <= 0 || den <= 0) {
        throw Error(
            Errc::invalid_argument,
            "frame " + std::to_string(number) +
                " must have a duration (_DurationNum, _DurationDen) since the clip has no "
                "frame rate, and it has none; give the clip a rate with core.std.AssumeFPS");
    }
    info.time_base = Rational(num, den);
    return info;
}

const VSFrame* RestoreFilter::work(int number, VSFrameContext* context) {
    NewFramePtr wanted;
    const auto sink = [&](const Restored& restored) {
        NewFramePtr frame = written(restored);
        if (restored.number == number) {
            wanted = std::move(frame);
        } else {
            api_->cacheFrame(frame.get(), static_cast<int>(restored.number), context);
        }
    };
    if (run_->work(number, sink)) {
        return wanted.release();
    }
    if (!request(number, context)) {
        throw Error(Errc::internal, "the run waits for frames after the clip's last one; this is a "
                                    "defect of oldfilm, please report it");
    }
    return nullptr;
}

/// glibc's heaps grow with each frame, which one thread allocates and another frees (with
/// glibc 2.36 by a fifth of a megabyte for a frame of 480 x 368, until memory runs out). What is
/// free in them is returned now and then, which takes a few milliseconds; a program that pools its
/// memory keeps it.
void RestoreFilter::trim_memory(const at::Tensor& picture) {
    bytes_since_trim_ += picture.numel() * 4;
    if (bytes_since_trim_ < bytes_between_trims || oldfilm::memory_is_pooled()) {
        return;
    }
    bytes_since_trim_ = 0;
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

NewFramePtr RestoreFilter::written(const Restored& restored) {
    trim_memory(restored.frame.picture());
    NewFramePtr frame(
        api_->newVideoFrame(&output_.format, output_.width, output_.height, nullptr, core_),
        {api_});
    VSMap* properties = api_->getFramePropertiesRW(frame.get());
    if (const auto known = properties_.find(restored.source); known != properties_.end()) {
        api_->copyMap(known->second.get(), properties);
    }
    if (output_.format.colorFamily != input_.format.colorFamily) { // colorized
        for (const char* key : {"_Range", "_ColorRange", "_ChromaLocation"}) {
            api_->mapDeleteKey(properties, key);
        }
        api_->mapSetInt(properties, "_Matrix", 0, maReplace);
    }
    write_picture(on_host(restored.frame.picture(), restored.number),
                  coding_of(output_.format, properties, *api_), frame.get(), *api_);
    set_properties(properties, restored);
    if (mask_) {
        set_mask(properties, restored);
    }
    return frame;
}

void RestoreFilter::set_properties(VSMap* properties, const Restored& restored) const {
    const oldfilm::FrameInfo& info = restored.frame.info();
    const Rational lasts = Rational(info.duration) * info.time_base;
    api_->mapSetInt(properties, "_DurationNum", lasts.num(), maReplace);
    api_->mapSetInt(properties, "_DurationDen", lasts.den(), maReplace);
    api_->mapSetInt(properties, "_SceneChangePrev", restored.cut ? 1 : 0, maReplace);
    api_->mapSetInt(properties, "OldfilmShot", restored.shot, maReplace);
    api_->mapSetInt(properties, "OldfilmSource", restored.source, maReplace);
    api_->mapSetData(properties, "OldfilmOrigin", name_of(info.origin), -1, dtUtf8, maReplace);
    if (input_.fpsNum > 0) {
        api_->mapSetFloat(properties, "OldfilmTime", info.time().value(), maReplace);
    }
    if (output_.numFrames != input_.numFrames) {
        api_->mapDeleteKey(properties, "_SceneChangeNext"); // of a frame that is not the last one
    }
}

/// A frame that no stage repaired has an empty mask.
void RestoreFilter::set_mask(VSMap* properties, const Restored& restored) const {
    VSVideoFormat format = output_.format;
    api_->queryVideoFormat(&format, cfGray, output_.format.sampleType, output_.format.bitsPerSample,
                           0, 0, core_);
    NewFramePtr frame(api_->newVideoFrame(&format, output_.width, output_.height, nullptr, core_),
                      {api_});
    const at::Tensor& mask = restored.frame.mask();
    write_picture(mask.defined() ? mask.cpu()
                                 : at::zeros({1, output_.height, output_.width}, at::kFloat),
                  full_range(format), frame.get(), *api_);
    VSMap* own = api_->getFramePropertiesRW(frame.get());
    api_->mapSetInt(own, "_Range", 1, maReplace);
    api_->mapConsumeFrame(properties, "OldfilmMask", frame.release(), maReplace);
}

} // namespace vsplugin

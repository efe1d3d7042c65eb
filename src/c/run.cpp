#include "c/guard.hpp"
#include "c/structs.hpp"
#include "stage/tensors.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <utility>

/// A run, as C sees it.
struct oldfilm_run {
    oldfilm::Run run;
};

using namespace oldfilm;
using namespace oldfilm::c;

namespace {

/// A picture that is offered to the run. Until it is accepted, its memory stays the caller's.
class Offer {
  public:
    explicit Offer(const oldfilm_tensor& picture) : given_(picture) {}
    /// The picture as a tensor, once. Drop all copies before this if it is not accepted.
    at::Tensor tensor() {
        oldfilm_tensor c = given_;
        c.owner = this;
        c.release = [](void* owner, void* stream) {
            const std::unique_ptr<Offer> offer(static_cast<Offer*>(owner));
            if (offer->accepted_ && offer->given_.release != nullptr) {
                offer->given_.release(offer->given_.owner, stream);
            }
        };
        const at::Device device =
            c.device_type == OLDFILM_CUDA
                ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(c.device_index))
                : at::Device(at::kCPU);
        return stage::take(c, device);
    }
    void accept(bool accepted) noexcept { accepted_ = accepted; }

  private:
    oldfilm_tensor given_;
    bool accepted_ = false;
};

FrameInfo info_of(const oldfilm_frame& frame) {
    FrameInfo info;
    info.pts = frame.pts;
    info.duration = frame.duration;
    if (frame.time_base.den <= 0 || frame.time_base.num <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the time base of a frame must be a positive fraction of a second, "
                                "found {}/{}",
                                frame.time_base.num, frame.time_base.den));
    }
    info.time_base = Rational(frame.time_base.num, frame.time_base.den);
    info.origin = frame.origin == OLDFILM_INTERPOLATED ? Origin::interpolated
                  : frame.origin == OLDFILM_HELD       ? Origin::held
                                                       : Origin::decoded;
    info.color = color_of(frame.color);
    return info;
}

/// Whether the run took the frame.
bool pushed(Run& run, const oldfilm_frame& frame) {
    require(frame.picture, "frame->picture");
    require(frame.picture->data, "frame->picture->data");
    if (frame.picture->impl != nullptr) {
        throw Error(Errc::invalid_argument, "impl of a tensor must be null in the C API");
    }
    const FrameInfo info = info_of(frame);
    Offer& offer = *std::make_unique<Offer>(*frame.picture).release(); // the tensor's from now on
    const at::Tensor picture = offer.tensor();
    if (frame.picture->release == nullptr) {
        return run.push(Frame(picture.clone(), info)); // lent: the caller uses the memory again
    }
    offer.accept(true); // before the run has it, and may be done with it
    try {
        if (run.push(Frame(picture, info))) {
            return true;
        }
    } catch (...) {
        offer.accept(false);
        throw;
    }
    offer.accept(false);
    return false;
}

oldfilm_output output_of(const Frame& frame) {
    oldfilm_output c{};
    const FrameInfo& info = frame.info();
    c.index = info.index;
    c.pts = info.pts;
    c.duration = info.duration;
    c.time_base = {info.time_base.num(), info.time_base.den()};
    c.shot = info.shot;
    c.origin = static_cast<std::int32_t>(info.origin);
    c.color = color_of(info.color);
    c.picture = stage::give(frame.picture(), false);
    if (frame.mask().defined()) {
        c.mask = stage::give(frame.mask(), false);
    }
    return c;
}

} // namespace

int32_t oldfilm_run_start(const oldfilm_pipeline* pipeline, const oldfilm_format* input,
                          const oldfilm_callbacks* callbacks, oldfilm_run** run) {
    return guarded([&] {
        require(pipeline, "pipeline");
        require(input, "input");
        require(run, "run");
        PipelineOptions options = pipeline->pipeline.options();
        options.log = log_of(callbacks_of(callbacks));
        *run =
            std::make_unique<oldfilm_run>(
                oldfilm_run{
                    pipeline->pipeline.with_options(std::move(options)).start(format_of(*input))})
                .release();
    });
}

int32_t oldfilm_run_output(const oldfilm_run* run, oldfilm_format* output) {
    return guarded([&] {
        require(run, "run");
        require(output, "output");
        write(*output, format_of(run->run.output()));
    });
}

int32_t oldfilm_run_push(oldfilm_run* run, const oldfilm_frame* frame, int32_t* accepted) {
    return guarded([&] {
        require(run, "run");
        require(frame, "frame");
        require(accepted, "accepted");
        *accepted = pushed(run->run, read(*frame)) ? 1 : 0;
    });
}

int32_t oldfilm_run_finish(oldfilm_run* run) {
    return guarded([&] {
        require(run, "run");
        run->run.finish();
    });
}

int32_t oldfilm_run_next(oldfilm_run* run, oldfilm_output* output, int32_t* state) {
    return guarded([&] {
        require(run, "run");
        require(output, "output");
        require(state, "state");
        if (output->size < sizeof(oldfilm_output)) {
            throw Error(Errc::invalid_argument,
                        fmt::format("size of an oldfilm_output must be {} or more, found {}; set "
                                    "it before each call",
                                    sizeof(oldfilm_output), output->size));
        }
        Frame frame;
        const Run::State found = run->run.next(frame);
        if (found == Run::State::frame) {
            write(*output, output_of(frame));
        }
        *state = found == Run::State::frame     ? OLDFILM_NEXT_FRAME
                 : found == Run::State::starved ? OLDFILM_NEXT_STARVED
                                                : OLDFILM_NEXT_END;
    });
}

int32_t oldfilm_run_progress(const oldfilm_run* run, oldfilm_progress* progress) {
    return guarded([&] {
        require(run, "run");
        require(progress, "progress");
        write(*progress, progress_of(run->run.progress()));
    });
}

void oldfilm_run_cancel(oldfilm_run* run) {
    if (run != nullptr) {
        run->run.cancel();
    }
}

void oldfilm_run_free(oldfilm_run* run) {
    const std::unique_ptr<oldfilm_run> owned(run);
}

#include "inner_stages.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/sdk/window.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>

#include <string>

namespace bench {
namespace {

using namespace oldfilm;

// The host makes the stages, so what they work on is reached from here.
std::vector<std::vector<at::Tensor>*>& witnesses() {
    static std::vector<std::vector<at::Tensor>*> all;
    return all;
}

class Witness final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        seen_ = witnesses().at(static_cast<std::size_t>(values.integer("number")));
    }
    void process(const sdk::Request& request) override {
        seen_->push_back(sdk::picture(request.center()));
        request.pass_through();
    }

  private:
    std::vector<at::Tensor>* seen_ = nullptr;
};

class FlowAlone final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        both_ways_ = values.flag("both_ways");
        fine_ = values.flag("fine");
        config.before = both_ways_ ? 0 : 2;
        config.after = both_ways_ ? 1 : 2;
    }
    void process(const sdk::Request& request) override {
        const sdk::FrameView here = request.center();
        if (both_ways_) {
            const sdk::FrameView next = request.frame(1);
            if (next.index() != here.index()) {
                const auto ask = [this](const sdk::FrameView& from, const sdk::FrameView& to) {
                    static_cast<void>(fine_ ? sdk::fine_flow(host(), from, to)
                                            : sdk::flow(host(), from, to));
                };
                ask(here, next);
                ask(next, here);
            }
        } else {
            for (const std::size_t place : sdk::filled_window(request, 2, 2)) {
                const sdk::FrameView other = request.frame(place);
                if (other.index() != here.index()) {
                    static_cast<void>(sdk::flow(host(), here, other));
                }
            }
        }
        request.pass_through();
    }

  private:
    bool both_ways_ = false, fine_ = false;
};

/// Pictures in the order in which they were given away.
struct Passed {
    std::vector<const void*> given, taken;
};
std::vector<Passed>& relays() {
    static std::vector<Passed> all;
    return all;
}

class Relay final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        number_ = static_cast<std::size_t>(values.integer("number"));
    }
    void process(const sdk::Request& request) override {
        const at::Tensor in = sdk::picture(request.center());
        const at::Tensor out = in + 0.001;
        relays().at(number_).taken.push_back(in.const_data_ptr());
        relays().at(number_).given.push_back(out.const_data_ptr());
        request.set_output(sdk::share(out));
    }

  private:
    std::size_t number_ = 0;
};

} // namespace

StageSpec witness(std::vector<at::Tensor>& seen) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Witness>({"org.oldfilm.bench.witness",
                                "witness",
                                "1.0.0",
                                "keeps what passes",
                                {sdk::integer("number", 0, 0, 10000, "which list it keeps")}});
    witnesses().push_back(&seen);
    return {
        "witness", {{"number", static_cast<std::int64_t>(witnesses().size() - 1)}}, description};
}

StageSpec flow_alone(FlowPairs pairs) {
    static const oldfilm_plugin_description* description =
        sdk::describe<FlowAlone>({"org.oldfilm.bench.flow",
                                  "flow-alone",
                                  "1.0.0",
                                  "asks for optical flow",
                                  {sdk::flag("both_ways", false, "between each frame and the next"),
                                   sdk::flag("fine", false, "searched on to the full size")}});
    return {"flow-alone",
            {{"both_ways", pairs != FlowPairs::to_neighbors}, {"fine", pairs == FlowPairs::fine}},
            description};
}

HandOvers count_copies(int stages, int frames, const std::string& device) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Relay>({"org.oldfilm.bench.relay",
                              "relay",
                              "1.0.0",
                              "makes a new picture",
                              {sdk::integer("number", 0, 0, 10000, "its place in the chain")}});
    PipelineOptions options;
    options.device = device;
    Pipeline pipeline(options);
    relays().assign(static_cast<std::size_t>(stages), {});
    for (std::int64_t i = 0; i < stages; ++i) {
        pipeline.add(StageSpec{"relay", {{"number", i}}, description});
    }
    StreamFormat format;
    format.height = 96;
    format.width = 128;
    format.rate = 16;
    std::vector<Frame> film;
    const at::Tensor scene = at::rand({3, 96, 128});
    std::vector<std::vector<const void*>> hands(1);
    for (int i = 0; i < frames; ++i) {
        FrameInfo info;
        info.pts = i;
        info.duration = 1;
        info.time_base = Rational(1, 16);
        film.emplace_back(scene + 0.0001 * i, info);
        hands.front().push_back(film.back().picture().const_data_ptr());
    }
    std::vector<Frame> out;
    Run run = pipeline.start(format);
    Frame got;
    for (const Frame& frame : film) {
        while (!run.push(frame)) {
            if (run.next(got) == Run::State::frame) {
                out.push_back(got);
            }
        }
    }
    run.finish();
    while (run.next(got) == Run::State::frame) {
        out.push_back(got);
    }
    HandOvers result;
    const auto compare = [&](const std::vector<const void*>& gave,
                             const std::vector<const void*>& took) {
        for (std::size_t i = 0; i < gave.size(); ++i) {
            ++result.passed;
            result.copied += i >= took.size() || gave[i] != took[i] ? 1 : 0;
        }
    };
    if (device == "cpu") { // elsewhere the first hand-over is the upload
        compare(hands.front(), relays().front().taken);
    }
    for (std::size_t i = 0; i + 1 < relays().size(); ++i) {
        compare(relays()[i].given, relays()[i + 1].taken);
    }
    std::vector<const void*> came;
    for (const Frame& frame : out) {
        came.push_back(frame.picture().const_data_ptr());
    }
    compare(relays().back().given, came);
    return result;
}

} // namespace bench

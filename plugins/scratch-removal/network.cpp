#include "network.hpp"

#include "known.hpp"

#include <oldfilm/sdk/fill.hpp>
#include <oldfilm/sdk/warp.hpp>
#include <oldfilm/sdk/window.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

namespace scratch {
namespace {

using namespace oldfilm;
using namespace oldfilm::sdk;

/// Brings the frames that `moved` names into line, each by its flow; all in one step, since
/// LibTorch gives each thread a picture.
void align(std::vector<at::Tensor>& frames, const std::vector<std::size_t>& moved,
           const at::Tensor& flow) {
    std::vector<at::Tensor> pictures;
    for (const std::size_t i : moved) {
        pictures.push_back(frames[i]);
    }
    const at::Tensor warped = warp(at::stack(pictures), flow);
    for (std::size_t k = 0; k < moved.size(); ++k) {
        frames[moved[k]] = warped[static_cast<std::int64_t>(k)];
    }
}

/// 1 x H x W, 1 where a frame is not known to be damaged.
at::Tensor validity(const at::Tensor& damaged, const at::Tensor& picture) {
    return damaged.defined() ? damaged.logical_not().to(at::kFloat)
                             : at::ones({1, picture.size(1), picture.size(2)}, picture.options());
}

} // namespace

Network::Network(const Host& host, const std::string& package)
    : model(host, package, "scratch-removal"), facts(read_manifest(model, {"window", "mask"})),
      is_aligned(facts.document.value("aligned", true)) {}

bool Network::has_evidence() const {
    return is_aligned && facts.before == 2 && facts.after == 2;
}

at::Tensor Network::whole(const at::Tensor& made, std::int64_t channels) const {
    if (facts.channels == 1) {
        return made.squeeze(1); // each channel was a gray film of its own
    }
    return channels == 1 ? made[0].mean(0, true) : made[0];
}

Seen Network::seen(const Host& host, const Request& request, int reach,
                   const at::Tensor& steady) const {
    const std::vector<std::size_t> places = filled_window(request, reach, reach);
    const FrameView center = request.center();
    std::vector<at::Tensor> frames, flows, valid;
    std::vector<std::size_t> moved; // which of the frames
    std::vector<double> steps;      // how many frames from the center those are
    bool any_damaged = false;
    for (int i = reach - facts.before; i <= reach + facts.after; ++i) {
        const FrameView other = request.frame(places[static_cast<std::size_t>(i)]);
        const bool is_center = other.index() == center.index();
        if (is_aligned && !is_center) {
            moved.push_back(frames.size());
            steps.push_back(static_cast<double>(other.index() - center.index()));
            flows.push_back(sdk::flow(host, center, other));
        }
        frames.push_back(picture(other));
        const at::Tensor damaged = is_center ? at::Tensor() : known_damage(host, other).damaged;
        any_damaged = any_damaged || damaged.defined();
        valid.push_back(validity(damaged, frames.back()));
    }
    Seen result;
    result.has_evidence = has_evidence();
    if (!moved.empty()) {
        at::Tensor flow = at::stack(flows);
        if (steady.defined()) {
            flow = filled(flow, steady.to(at::kFloat).unsqueeze(0));
        }
        align(frames, moved, flow);
        if (any_damaged) {
            align(valid, moved, flow);
        }
        result.drift = drift(flow, steps);
        const auto [first, last] = std::minmax_element(steps.begin(), steps.end());
        result.has_both_sides = *first < 0 && *last > 0;
        result.inside = leads_inside(flow, steps);
    }
    if (any_damaged) {
        result.valid = at::stack(valid) > 0.99;
    }
    result.window = facts.channels == 1
                        ? at::stack(frames, 1).unsqueeze(2)
                        : at::stack(frames, 0).unsqueeze(0).expand({-1, -1, 3, -1, -1});
    return result;
}

void check_parts(const Network& finder, const std::optional<Network>& repairer) {
    const Manifest& finds = finder.facts;
    if (finds.has_input("mask")) {
        throw Failure(finds.id + " does not find damage, it repairs what is found; name it "
                                 "as repair, and as model one that gives a mask",
                      Status::invalid);
    }
    if (repairer && !finds.has_output("mask")) {
        throw Failure(finds.id + " restores the whole frame and does not say where it was "
                                 "damaged; name it as repair too, or alone as model",
                      Status::invalid);
    }
    if (!repairer && !finds.has_output("picture")) {
        throw Failure(finds.id + " finds damage and does not repair it; name a model that "
                                 "does as repair",
                      Status::invalid);
    }
    if (repairer && !repairer->facts.has_output("picture")) {
        throw Failure(repairer->facts.id + " gives no picture; name as repair a model "
                                           "that does",
                      Status::invalid);
    }
}

} // namespace scratch

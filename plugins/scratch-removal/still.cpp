#include "still.hpp"

#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/grow.hpp>
#include <oldfilm/sdk/resize.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

namespace scratch {
namespace {

using namespace oldfilm;
using namespace oldfilm::sdk;

/// Pixels of the long side up to which a picture is looked at in its own size alone: about what the
/// networks learned on.
constexpr std::int64_t usual_side = 700;
/// The line of networks that say nothing of it, at the default sensitivity.
constexpr double usual_line = 0.5;
/// The sensitivity at which a network's own line holds, and by how much the log-odds of the line
/// fall from there to a sensitivity that is higher by one.
constexpr double usual_sensitivity = 0.6;
constexpr double odds = 5;
/// Places that reach so far to all sides are left alone: this part of the long side, in pixels at
/// least `least_wide`. Brooches and buttons are as wide as lost emulsion, and look like it.
constexpr double widest = 0.011;
constexpr std::int64_t least_wide = 6;
/// The same at sensitivity 1.
constexpr double widest_at_most = 0.02;

double widest_at(double sensitivity) {
    const double beyond =
        std::max(sensitivity - usual_sensitivity, 0.0) / (1.0 - usual_sensitivity);
    return widest + beyond * (widest_at_most - widest);
}

/// In the folder of the package `path`, or a name of its own where that is one.
std::string in_folder_of(const std::string& path, const std::string& name) {
    return (std::filesystem::path(path).parent_path() / name).string();
}

/// How often a picture is halved.
int halvings(const at::Tensor& picture) {
    int count = 0;
    for (std::int64_t side = std::max(picture.size(2), picture.size(3)); side > usual_side;
         side /= 2) {
        ++count;
    }
    return count;
}

/// Of damage in `picture` (1 x 3 x H x W): the mean over the picture and its mirror images, on
/// which a network that is unsure contradicts itself.
at::Tensor probability(const Model& finder, const at::Tensor& picture) {
    at::Tensor sum;
    for (const std::vector<std::int64_t>& mirrored :
         std::vector<std::vector<std::int64_t>>{{}, {3}, {2}, {2, 3}}) {
        const at::Tensor window = at::flip(picture, mirrored).unsqueeze(1);
        const at::Tensor found = at::flip(sdk::run(finder, {{"window", window}})["mask"], mirrored);
        sum = sum.defined() ? sum + found : found;
    }
    return sum / 4;
}

/// What the probability must exceed.
double threshold_at(double sensitivity, double line) {
    const double logit = std::log(line / (1 - line)) - odds * (sensitivity - usual_sensitivity);
    return 1 / (1 + std::exp(-logit));
}

void check(const Manifest& facts, const char* wanted, const char* output) {
    if (facts.channels != 3 || !facts.has_output(output) || facts.before + facts.after > 0) {
        throw Failure(facts.id + " is not a model for single pictures: " + wanted +
                          " takes one frame of three channels and gives \"" + output +
                          "\"; choose another model",
                      Status::invalid);
    }
}

} // namespace

Still::Still(const Host& host, const std::string& package)
    : finder_(host, package, "scratch-removal") {
    const Manifest finds = read_manifest(finder_, {"window"});
    check(finds, "one that finds damage", "mask");
    const std::string name = finds.document.value("repair", std::string());
    if (name.empty()) {
        throw Failure(finds.id + " does not name the model that repairs what it finds: its "
                                 "manifest has no \"repair\"; choose another model",
                      Status::invalid);
    }
    filler_ = Model(host, in_folder_of(package, name), "scratch-removal");
    check(read_manifest(filler_, {"window", "mask"}), "one that repairs", "picture");
    line_ = std::clamp(finds.document.value("threshold", usual_line), 0.01, 0.99);
}

at::Tensor Still::found_in(const at::Tensor& picture, double sensitivity, std::int64_t grow) const {
    const at::Tensor found = probability(finder_, picture) > threshold_at(sensitivity, line_);
    const auto side = static_cast<double>(std::max(picture.size(2), picture.size(3)));
    const std::int64_t reach =
        std::max(least_wide, static_cast<std::int64_t>(side * widest_at(sensitivity)));
    const at::Tensor core = grown(found.logical_not(), reach).logical_not();
    return grown(found.logical_and(grown(core, reach + 4).logical_not()), grow);
}

at::Tensor Still::marked_in(const at::Tensor& picture, const Finding& finding,
                            const Known& known) const {
    const auto sized = [&picture](const at::Tensor& plane) {
        return resize_bilinear(plane.to(at::kFloat).unsqueeze(0), picture.size(2),
                               picture.size(3)) > 0;
    };
    at::Tensor marked = finding.enabled ? found_in(picture, finding.sensitivity, finding.grow)
                                        : at::zeros({1, 1, picture.size(2), picture.size(3)},
                                                    picture.options().dtype(at::kBool));
    if (known.clean.defined()) {
        marked = marked.logical_and(sized(known.clean).logical_not());
    }
    return known.damaged.defined() ? marked.logical_or(sized(known.damaged)) : marked;
}

Repaired Still::repair(const at::Tensor& picture, const Finding& finding,
                       const Known& known) const {
    const std::int64_t height = picture.size(1);
    const std::int64_t width = picture.size(2);
    at::Tensor current = picture.expand({3, -1, -1}).unsqueeze(0);
    at::Tensor repaired;
    for (int level = halvings(current); level >= 0; --level) {
        const at::Tensor seen = resize_bilinear(current, std::max<std::int64_t>(height >> level, 1),
                                                std::max<std::int64_t>(width >> level, 1));
        const at::Tensor marked = marked_in(seen, finding, known).to(at::kFloat);
        if (!marked.any().item<bool>()) {
            continue;
        }
        const at::Tensor filled =
            sdk::run(filler_, {{"window", seen.unsqueeze(1)}, {"mask", marked}})["picture"];
        const at::Tensor place =
            without_clean((resize_bilinear(marked, height, width) > 0)[0], known).unsqueeze(0);
        current = at::where(place, resize_bilinear(filled, height, width), current);
        repaired = repaired.defined() ? repaired.logical_or(place) : place;
    }
    if (!repaired.defined()) {
        return {};
    }
    const at::Tensor made = picture.size(0) == 1 ? current[0].mean(0, true) : current[0];
    return {at::where(repaired[0], made, picture), repaired[0]};
}

} // namespace scratch

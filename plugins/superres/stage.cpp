/// \file
/// Enlarges frames. Networks for x2 and x4 do the work; what lies between is reached by reducing
/// their result, antialiased, and what lies beyond by bicubic interpolation. A network for one
/// channel sees luma alone: the eye takes detail from there, and chroma is enlarged by bicubic
/// interpolation (as in Dong et al., "SRCNN", 2014).

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/resize.hpp>
#include <oldfilm/stage_torch.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::stages {
namespace {

struct Network {
    sdk::Model model;
    sdk::Manifest manifest;
};

/// Networks enlarge so far. A second step after that is no better than interpolation: at x6, two
/// steps have 25.58 dB on B100, and one step and bicubic interpolation 25.64.
constexpr double most_by_networks = 4;
constexpr double most = 8;

struct Size {
    std::int64_t width = 0, height = 0;
};

std::string text_of(const Size& size) {
    return std::to_string(size.width) + "x" + std::to_string(size.height);
}

/// Sizes stay even where they were, since most codecs want it; else they are rounded to nearest.
std::int64_t scaled(std::int64_t side, double scale) {
    const double exact = static_cast<double>(side) * scale;
    return side % 2 == 0 ? 2 * std::llround(exact / 2) : std::llround(exact);
}

/// The same without exceeding `limit`.
std::int64_t scaled_within(std::int64_t side, double scale, std::int64_t limit) {
    const std::int64_t size = scaled(side, scale);
    return size <= limit ? size : size - (side % 2 == 0 ? 2 : 1);
}

/// A size such as "3840x2160".
Size parsed_size(std::string_view text) {
    Size size;
    const char* const end = text.data() + text.size();
    const auto [x, failed] = std::from_chars(text.data(), end, size.width);
    if (failed == std::errc() && x != end && *x == 'x') {
        const auto [rest, none] = std::from_chars(x + 1, end, size.height);
        if (none == std::errc() && rest == end && size.width > 0 && size.height > 0) {
            return size;
        }
    }
    throw sdk::Failure("fit must be a width and a height in pixels, such as 3840x2160, found \"" +
                           std::string(text) + "\"",
                       sdk::Status::invalid);
}

/// The largest scale with which pictures of the size `film` fit into `box`.
double fitting_scale(const Size& film, const Size& box) {
    if (film.width > box.width || film.height > box.height) {
        throw sdk::Failure("fit must hold the film, which is " + text_of(film) + ", found " +
                               text_of(box) + "; name a larger size, or leave superres out",
                           sdk::Status::invalid);
    }
    return std::min({most, static_cast<double>(box.width) / static_cast<double>(film.width),
                     static_cast<double>(box.height) / static_cast<double>(film.height)});
}

struct Enlargement {
    double scale = 1;
    Size size; ///< of the output
};

Enlargement enlargement_of(const Size& film, const sdk::Values& values) {
    const std::string fit = values.text("fit");
    if (fit.empty()) {
        const double scale = values.number("scale");
        return {scale, {scaled(film.width, scale), scaled(film.height, scale)}};
    }
    const Size box = parsed_size(fit);
    const double scale = fitting_scale(film, box);
    return {scale,
            {scaled_within(film.width, scale, box.width),
             scaled_within(film.height, scale, box.height)}};
}

/// What a network of `channels` takes, 1 x channels x H x W.
at::Tensor prepared(const at::Tensor& picture, std::int64_t channels,
                    const sdk::LumaWeights& weights) {
    if (channels == 1) {
        return sdk::luma(picture, weights);
    }
    return picture.size(1) == 3 ? picture : picture.expand({1, 3, -1, -1});
}

class Superres final : public sdk::Stage {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        const auto [scale, size] = enlargement_of({input.width, input.height}, values);
        height_ = config.height = size.height;
        width_ = config.width = size.width;
        networks_.clear();
        if (scale > 1) {
            open(values.text("model"), std::min(scale, most_by_networks));
            const sdk::Manifest& first = networks_.front().manifest;
            config.before = config.after =
                first.has_input("previous") || first.has_input("next") ? 1 : 0;
        }
        std::int64_t factor = 1;
        for (const Network& network : networks_) {
            factor *= network.manifest.scale;
        }
        config.memory =
            4 * input.channels *
            (config.height * config.width + factor * factor * input.height * input.width);
    }

    void process(const sdk::Request& request) override {
        if (networks_.empty()) {
            request.pass_through();
            return;
        }
        const sdk::FrameView frame = request.center();
        const at::Tensor picture = sdk::picture(frame).unsqueeze(0);
        const sdk::LumaWeights weights = sdk::luma_weights(frame);
        if (picture.size(1) == 1 || networks_.front().manifest.channels == 3) {
            request.set_output(sdk::share(
                sdk::resize_bicubic(enlarge(request, weights), height_, width_).squeeze(0)));
            return;
        }
        // R, G and B are linear in luma and chroma, so new luma with the old chroma is the old
        // color plus the difference of luma, the same for all three.
        at::Tensor result = sdk::resize_bicubic(picture, height_, width_);
        at::Tensor detail = sdk::resize_bicubic(enlarge(request, weights), height_, width_);
        result.add_(detail.sub(sdk::luma(result, weights)));
        request.set_output(sdk::share(result.squeeze(0)));
    }

  private:
    /// One model applied until its scale is reached, or of a family `name`-x2, `name`-x4 what fits.
    void open(const std::string& name, double scale) {
        for (const std::string& package : packages(name, scale)) {
            add(package);
        }
        std::int64_t reached = networks_.front().manifest.scale;
        if (networks_.size() == 1 && reached < 2) {
            throw sdk::Failure(networks_.front().manifest.id + " enlarges by " +
                                   std::to_string(reached) +
                                   "; superres needs a model whose scale is 2 or more",
                               sdk::Status::invalid);
        }
        if (networks_.size() == 1) {
            const Network again = networks_.front();
            for (; static_cast<double>(reached) < scale && !is_family(name);
                 reached *= again.manifest.scale) {
                networks_.push_back(again);
            }
        }
    }

    [[nodiscard]] std::string member(const std::string& name, int scale) const {
        return "models/superres/" + name + "-x" + std::to_string(scale) + ".pt";
    }
    [[nodiscard]] bool exists(const std::string& package) const {
        std::error_code ignored;
        return std::filesystem::exists(std::filesystem::path(host().folder()) / package, ignored);
    }
    [[nodiscard]] bool is_family(const std::string& name) const {
        return name.find('/') == std::string::npos &&
               (exists(member(name, 2)) || exists(member(name, 4)));
    }
    [[nodiscard]] std::vector<std::string> packages(const std::string& name, double scale) const {
        if (!is_family(name)) {
            return {name == "fidelity" ? member(name, scale > 2 ? 4 : 2) : name};
        }
        const bool has2 = exists(member(name, 2));
        if (!has2 || (scale > 2 && exists(member(name, 4)))) {
            return {member(name, 4)};
        }
        return std::vector<std::string>(scale > 2 ? 2 : 1, member(name, 2));
    }

    void add(const std::string& package) {
        Network network{sdk::Model(host(), package, "superres"), {}};
        network.manifest = sdk::read_manifest(network.model, {"picture", "previous", "next"});
        if (!networks_.empty() &&
            network.manifest.channels != networks_.front().manifest.channels) {
            throw sdk::Failure(network.manifest.id + " and " + networks_.front().manifest.id +
                                   " take different numbers of channels and cannot be combined",
                               sdk::Status::invalid);
        }
        networks_.push_back(std::move(network));
    }

    /// The networks' result at their own scale: the picture's channels, or luma for networks of
    /// one.
    at::Tensor enlarge(const sdk::Request& request, const sdk::LumaWeights& weights) const {
        const std::int64_t channels = networks_.front().manifest.channels;
        const std::size_t center = request.count() / 2;
        std::vector<at::Tensor> window;
        for (std::size_t i = 0; i < request.count(); ++i) {
            const at::Tensor picture = sdk::picture(request.frame(i)).unsqueeze(0);
            window.push_back(prepared(picture, channels, weights));
        }
        at::Tensor result = window[center];
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            // After the first step there are no neighbors of that size: the picture is its own.
            const bool has_window = k == 0 && window.size() == 3;
            result = sdk::run(networks_[k].model, {{"picture", result},
                                                   {"previous", has_window ? window[0] : result},
                                                   {"next", has_window ? window[2] : result}})
                         .front();
        }
        const bool is_mono = request.center().channels() == 1;
        return is_mono && channels == 3 ? result.mean(1, true) : result;
    }

    std::vector<Network> networks_;
    std::int64_t height_ = 0, width_ = 0;
};

const oldfilm_plugin_description* superres() {
    return sdk::describe<Superres>(
        {"org.oldfilm.superres",
         "superres",
         "0.1.0",
         "Enlarges frames by 1.5 to 8 with a learned network, beyond 4 also by interpolation",
         {sdk::number("scale", 2, 1.5, most,
                      "how much larger; even sizes stay even, others are rounded to the nearest",
                      "x"),
          sdk::text("model", "fidelity",
                    "\"fidelity\" (true to the source), \"texture\" (draws what may have been "
                    "there, frame by frame), or the name or path of another superres model"),
          sdk::text("fit", "",
                    "instead of scale: the largest scale, 1 to 8, with which the picture fits into "
                    "a width and a height in pixels, such as 3840x2160; it keeps its shape")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::superres())

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace oldfilm {
namespace {

/// The order is the same everywhere: what moves or flickers is steadied first, so that later stages
/// see a still picture; damage goes before grain; interpolation comes last, so that the others see
/// originals only. In 4K it comes before superres: at that size motion is too large for its
/// network, and the film takes 3.5 times as long.
const std::vector<std::pair<std::string, std::vector<std::string>>>& presets() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> all{
        {"silent-film",
         {"deflicker", "stabilize", "scratch-removal", "denoise", "colorize", "superres:scale=2",
          "face-enhance", "interpolate:fps=2x"}},
        {"newsreel",
         {"deflicker", "stabilize", "scratch-removal", "denoise", "superres:scale=2",
          "face-enhance"}},
        {"home-movie",
         {"deflicker", "stabilize", "scratch-removal", "denoise", "superres:scale=2"}},
        {"tv-archive", {"denoise", "superres:scale=2"}},
        {"photo", {"scratch-removal", "denoise", "face-enhance"}},
        {"showcase-1896",
         {"deflicker", "stabilize", "scratch-removal", "denoise", "colorize", "interpolate:fps=60",
          "superres:fit=3840x2160", "face-enhance"}},
        {"showcase-video", {"denoise", "interpolate:fps=60", "superres:fit=3840x2160"}},
    };
    return all;
}

} // namespace

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const auto& [name, stages] : presets()) {
        names.push_back(name);
    }
    return names;
}

Pipeline Pipeline::preset(const std::string& name, PipelineOptions options) {
    for (const auto& [known, stages] : presets()) {
        if (known == name) {
            Pipeline pipeline(std::move(options));
            for (const std::string& stage : stages) {
                pipeline.add(stage);
            }
            return pipeline;
        }
    }
    throw Error(Errc::not_found, fmt::format("there is no preset \"{}\"; there is {}", name,
                                             fmt::join(preset_names(), ", ")));
}

} // namespace oldfilm

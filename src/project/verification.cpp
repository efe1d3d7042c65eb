#include "media/metadata.hpp"
#include "project/sample_comparison.hpp"
#include "project/source_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/verification.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

/// Codecs that give back every sample.
constexpr std::array lossless{"ffv1", "rawvideo", "png", "tiff", "dpx", "exr", "wrapped_avframe"};

void check_content(const Project& project, const std::string& source, Verification& found) {
    const project::Content content = project::content_of(source, true);
    if (content.checksum == project.source().checksum) {
        found.proved.push_back(fmt::format("{} is the film of the project: {} bytes with checksum "
                                           "{}",
                                           source, content.bytes, content.checksum));
    } else {
        found.wrong.push_back(fmt::format("{} has the checksum {}, and the film of the project {}",
                                          source, content.checksum, project.source().checksum));
    }
}

/// Parameters that the project leaves out are those of the plugin.
bool has_stages(const json& plan, const json& now) {
    const json made = plan.value("stages", json::array());
    const json& wanted = now.at("stages");
    if (made.size() != wanted.size()) {
        return false;
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (made[i].value("id", "") != wanted[i].at("id")) {
            return false;
        }
        const json parameters = made[i].value("parameters", json::object());
        for (const auto& [name, value] : wanted[i].at("parameters").items()) {
            if (parameters.value(name, json()) != value) {
                return false;
            }
        }
    }
    return true;
}

void check_plan(const Pipeline& pipeline, const Reader& result, Verification& found) {
    const json plan = json::parse(media::metadata_of(result, "oldfilm_plan"), nullptr, false);
    if (!plan.is_object()) {
        found.unproved.push_back(
            fmt::format("how {} was rendered: it has no plan in its metadata", result.info().path));
        return;
    }
    const json now = json::parse(pipeline.to_json());
    std::vector<std::string> differences;
    for (const auto& [member, name] :
         {std::pair{"shots", "shots"}, std::pair{"regions", "regions"}}) {
        if (plan.value(member, json()) != now.value(member, json())) {
            differences.emplace_back(name);
        }
    }
    if (!has_stages(plan, now)) {
        differences.emplace_back("stages");
    }
    if (differences.empty()) {
        found.proved.emplace_back("the result was rendered with the stages, shots and regions that "
                                  "the project has now");
    } else {
        found.wrong.push_back(fmt::format("the result was rendered with other {} than the project "
                                          "has now; render it again",
                                          fmt::join(differences, " and ")));
    }
}

/// Why frames of the two films do not correspond, sample by sample; empty where they do.
std::string why_incomparable(const MediaInfo& source, const MediaInfo& result) {
    if (std::find(lossless.begin(), lossless.end(), result.codec) == lossless.end()) {
        return fmt::format("{} is coded with loss ({})", result.path, result.codec);
    }
    if (result.width != source.width || result.height != source.height) {
        return fmt::format("the result has {} x {} pixels, and the source {} x {}", result.width,
                           result.height, source.width, source.height);
    }
    if (result.frame_rate != source.frame_rate) {
        return fmt::format("the result has {} frames a second, and the source {}",
                           result.frame_rate.to_string(), source.frame_rate.to_string());
    }
    return "";
}

void compare(Reader& source, Reader& result, project::SampleComparison& comparison,
             const std::stop_token& stop, Verification& found) {
    for (;;) {
        const std::optional<Frame> before = source.next();
        const std::optional<Frame> after = result.next();
        if (before.has_value() != after.has_value()) {
            comparison.count(found);
            found.wrong.push_back(fmt::format("the {} ends after {} frames, and the {} goes on",
                                              before ? "result" : "source", comparison.frames(),
                                              before ? "source" : "result"));
            return;
        }
        if (!before) {
            comparison.conclude(found);
            return;
        }
        if (stop.stop_requested()) {
            throw Error(Errc::cancelled, "the verification was stopped on request");
        }
        comparison.add(*before, *after);
    }
}

} // namespace

Verification verify(const Project& project, const std::string& source, const std::string& result,
                    const std::stop_token& stop) {
    Verification found;
    const Pipeline pipeline = rendering_pipeline(project, {});
    ReadOptions options;
    options.keep_coded = false;
    options.deinterlace = project.source().deinterlace;
    Reader before(source, options);
    Reader after(result);
    check_content(project, source, found);
    check_plan(pipeline, after, found);
    if (const std::string why = why_incomparable(before.info(), after.info()); !why.empty()) {
        found.unproved.push_back("the samples: " + why);
        return found;
    }
    const Ledger ledger(project.folder());
    project::SampleComparison comparison(pipeline, ledger);
    compare(before, after, comparison, stop, found);
    return found;
}

} // namespace oldfilm

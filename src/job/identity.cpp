#include "job/identity.hpp"

#include "base/checksum.hpp"
#include "job/devices.hpp"
#include "media/area_json.hpp"
#include "media/locations.hpp"

#include <oldfilm/plugins.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Enough to tell another film from the same one, and little enough to read at each start.
constexpr std::int64_t looked_at = 1 << 20;

json file_identity(const fs::path& path) {
    std::error_code unknown;
    return {{"bytes", fs::file_size(path, unknown)},
            {"changed", fs::last_write_time(path, unknown).time_since_epoch().count()},
            {"checksum", fmt::format("{:016x}", base::file_checksum(path, looked_at))}};
}

/// Of the pictures in the folder, one number that changes when any of them does.
json sequence_identity(const fs::path& pattern) {
    std::vector<std::string> entries;
    const fs::path folder = pattern.has_parent_path() ? pattern.parent_path() : fs::path(".");
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().extension() == pattern.extension()) {
            entries.push_back(fmt::format("{} {} {}", entry.path().filename().string(),
                                          entry.file_size(),
                                          entry.last_write_time().time_since_epoch().count()));
        }
    }
    std::sort(entries.begin(), entries.end());
    base::Checksum sum;
    for (const std::string& entry : entries) {
        sum.add(entry + '\n');
    }
    return {{"pictures", entries.size()}, {"checksum", fmt::format("{:016x}", sum.value())}};
}

} // namespace

json input_identity(const std::string& input) {
    return media::is_sequence(input) ? sequence_identity(input) : file_identity(input);
}

json read_identity(const ReadOptions& read) {
    const auto text = [](const std::optional<Rational>& value) {
        return value ? json(value->to_string()) : json();
    };
    json identity{{"source_fps", text(read.source_fps)},      {"start", read.start.to_string()},
                  {"duration", text(read.duration)},          {"deinterlace", read.deinterlace},
                  {"film_frames", read.film_frames},          {"strict", read.strict},
                  {"missing", static_cast<int>(read.missing)}};
    if (read.crop) {
        identity["crop"] = *read.crop;
    }
    return identity;
}

void forget_places(json& identity) {
    for (const char* film : {"mask_out", "evidence_out"}) {
        json& path = identity.at("settings")[film];
        path = path.is_string() && !path.get<std::string>().empty();
    }
}

json identity(const std::string& input, const RestoreOptions& options,
              const PipelineOptions& pipeline, const std::string& plan) {
    // Which of its kind, and how many, says nothing of the film.
    json made_by = json::parse(plan);
    made_by["device"] = kind_of(made_by.at("device"));
    json settings = read_identity(options.read);
    settings.update(
        {{"codec", options.codec},
         {"crf", options.crf ? json(*options.crf) : json()},
         {"mask_in", options.mask_in.empty() ? json() : input_identity(options.mask_in)},
         {"mask_out", options.mask_out},
         {"evidence_out", options.evidence_out},
         {"audio", options.audio},
         {"subtitles", options.subtitles},
         {"drop_streams", options.drop_streams},
         {"memory", pipeline.memory},
         {"tile", pipeline.tile}});
    if (options.transcribe) {
        const std::string& how = options.transcribe->settings;
        settings["transcribe"] = json::accept(how) ? json::parse(how) : json(how);
    }
    return {{"oldfilm", version()},
            {"input", input_identity(input)},
            {"settings", std::move(settings)},
            {"plan", std::move(made_by)}};
}

} // namespace oldfilm::job

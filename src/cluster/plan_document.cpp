#include "cluster/plan_document.hpp"

#include "base/checksum.hpp"
#include "cluster/atomic_file.hpp"
#include "cluster/timeline.hpp"
#include "job/journal.hpp"
#include "media/area_json.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>

#include <optional>
#include <sstream>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int schema = 1;
constexpr const char* file_name = "plan.json";

json optional_text(const std::optional<Rational>& value) {
    return value ? json(value->to_string()) : json();
}

Rational rational(const json& text) {
    return Rational::parse(text.get<std::string>());
}

std::optional<Rational> optional_rational(const json& text) {
    return text.is_null() ? std::nullopt : std::optional(rational(text));
}

json read_json(const ReadOptions& read) {
    return {{"source_fps", optional_text(read.source_fps)},
            {"start", read.start.to_string()},
            {"duration", optional_text(read.duration)},
            {"deinterlace", read.deinterlace},
            {"film_frames", read.film_frames},
            {"crop", read.crop ? json(*read.crop) : json()},
            {"strict", read.strict},
            {"missing", static_cast<int>(read.missing)},
            {"on_device", !read.device.empty()},
            {"protocols", read.protocols}};
}

ReadOptions read_from(const json& from) {
    ReadOptions read;
    read.source_fps = optional_rational(from.at("source_fps"));
    read.start = rational(from.at("start"));
    read.duration = optional_rational(from.at("duration"));
    read.deinterlace = from.at("deinterlace");
    read.film_frames = from.at("film_frames");
    if (const json crop = from.value("crop", json()); !crop.is_null()) { // newer than the rest
        read.crop = crop.get<FrameArea>();
    }
    read.strict = from.at("strict");
    read.missing = static_cast<MissingPictures>(from.at("missing").get<int>());
    read.device = from.at("on_device").get<bool>() ? "auto" : "";
    read.protocols = from.at("protocols").get<std::vector<std::string>>();
    return read;
}

json write_json(const PlanDocument& document) {
    const RestoreOptions& options = document.restore;
    return {{"container", document.container},
            {"codec", options.codec},
            {"crf", options.crf ? json(*options.crf) : json()},
            {"encoder_threads", options.encoder_threads},
            {"mask_in", options.mask_in},
            {"mask_out", document.mask_out},
            {"evidence_out", document.evidence_out},
            {"audio", options.audio},
            {"subtitles", options.subtitles},
            {"drop_streams", options.drop_streams}};
}

void write_from(const json& from, PlanDocument& document) {
    RestoreOptions& options = document.restore;
    document.container = from.at("container");
    options.codec = from.at("codec");
    if (!from.at("crf").is_null()) {
        options.crf = from.at("crf").get<int>();
    }
    options.encoder_threads = from.at("encoder_threads");
    options.mask_in = from.at("mask_in");
    document.mask_out = from.at("mask_out");
    document.evidence_out = from.value("evidence_out", "");
    options.audio = from.at("audio");
    options.subtitles = from.at("subtitles");
    options.drop_streams = from.at("drop_streams");
}

json format_json(const StreamFormat& format) {
    const ColorTags& color = format.color;
    return {{"channels", format.channels},
            {"height", format.height},
            {"width", format.width},
            {"rate", format.rate.to_string()},
            {"frames", format.frames},
            {"frames_each", format.frames_each.to_string()},
            {"color",
             {color.primaries, color.transfer, color.matrix, static_cast<int>(color.range),
              static_cast<int>(color.siting)}}};
}

StreamFormat format_from(const json& from) {
    StreamFormat format;
    format.channels = from.at("channels");
    format.height = from.at("height");
    format.width = from.at("width");
    format.rate = rational(from.at("rate"));
    format.frames = from.at("frames");
    format.frames_each = rational(from.at("frames_each"));
    const json& color = from.at("color");
    format.color = {.primaries = color.at(0),
                    .transfer = color.at(1),
                    .matrix = color.at(2),
                    .range = static_cast<Range>(color.at(3).get<int>()),
                    .siting = static_cast<ChromaSiting>(color.at(4).get<int>())};
    return format;
}

json items_json(const std::vector<Item>& items) {
    json list = json::array();
    for (const Item& item : items) {
        list.push_back({{"segments", {item.first_segment, item.next_segment}},
                        {"frames", {item.first, item.next}},
                        {"cost", item.cost}});
    }
    return list;
}

std::vector<Item> items_from(const json& list) {
    std::vector<Item> items;
    for (const json& item : list) {
        items.push_back({.first_segment = item.at("segments").at(0),
                         .next_segment = item.at("segments").at(1),
                         .first = item.at("frames").at(0),
                         .next = item.at("frames").at(1),
                         .cost = item.at("cost")});
    }
    return items;
}

json to_json(const PlanDocument& document) {
    return {{"oldfilm_cluster", schema},
            {"version", version()},
            {"input", document.input},
            {"read", read_json(document.restore.read)},
            {"write", write_json(document)},
            {"pipeline", json::parse(document.pipeline)},
            {"optimize", document.optimize},
            {"plugin_path", document.plugin_path},
            {"base_folder", document.base_folder},
            {"identity", document.identity},
            {"plan", document.plan},
            {"output", format_json(document.output)},
            {"instruction_sets", document.instruction_sets},
            {"processors", document.processors},
            {"claim_seconds", document.claim_seconds},
            {"times", timeline_json(document.times)},
            {"shots", document.shots},
            {"concealed", document.concealed},
            {"outputs", document.outputs},
            {"film_base", document.film_base.to_string()},
            {"mask_base", document.mask_base.to_string()},
            {"items", items_json(document.items)}};
}

PlanDocument from_json(const json& from) {
    PlanDocument document;
    document.input = from.at("input");
    document.restore.read = read_from(from.at("read"));
    write_from(from.at("write"), document);
    document.pipeline = from.at("pipeline").dump();
    document.optimize = from.at("optimize");
    document.plugin_path = from.at("plugin_path").get<std::vector<std::string>>();
    document.base_folder = from.at("base_folder");
    document.identity = from.at("identity");
    document.plan = from.at("plan");
    document.output = format_from(from.at("output"));
    document.instruction_sets = from.at("instruction_sets");
    document.processors = from.at("processors");
    document.claim_seconds = from.at("claim_seconds");
    document.times = timeline_from(from.at("times"));
    document.shots = from.at("shots").get<std::vector<std::int64_t>>();
    document.concealed = from.at("concealed");
    document.outputs = from.at("outputs");
    document.film_base = rational(from.at("film_base"));
    document.mask_base = rational(from.at("mask_base"));
    document.items = items_from(from.at("items"));
    if (document.items.empty() || document.times.empty()) {
        throw Error(Errc::unreadable, "it has no items");
    }
    static_cast<void>(document.threads());
    return document;
}

Error damaged(const fs::path& path, const std::string& why) {
    return {Errc::unreadable, fmt::format("the plan {} must be as oldfilm plan-job wrote it, and "
                                          "{}; make a new plan in another folder",
                                          path.string(), why)};
}

void check_version(const json& document, const fs::path& path) {
    const json found = document.value("oldfilm_cluster", json());
    const json made_by = document.value("version", json("?"));
    if (found != schema || made_by != version()) {
        throw Error(Errc::incompatible,
                    fmt::format("the plan {} must be worked on by the version of oldfilm that made "
                                "it: it is of version {} (schema {}), and this is version {} "
                                "(schema {}); use that version, or make a new plan",
                                path.string(), made_by.dump(), found.dump(), version(), schema));
    }
}

} // namespace

Pipeline PlanDocument::make_pipeline(Log log) const {
    PipelineOptions options;
    options.optimize = optimize;
    options.plugin_path = plugin_path;
    options.base_folder = base_folder;
    options.log = std::move(log);
    return Pipeline::from_json(pipeline, std::move(options));
}

std::unique_ptr<job::Segmentation> segmentation_of(const std::vector<Rational>& times,
                                                   const std::vector<std::int64_t>& shots) {
    auto segmentation = std::make_unique<job::Segmentation>();
    std::int32_t shot = -1;
    for (std::int64_t frame = 0; frame < std::ssize(times); ++frame) {
        const auto next = static_cast<std::size_t>(shot + 1);
        if (next < shots.size() && shots[next] == frame) {
            ++shot;
        }
        segmentation->see(frame, shot, times[static_cast<std::size_t>(frame)]);
    }
    return segmentation;
}

void write_plan(const fs::path& folder, const PlanDocument& document) {
    // Behind a checksum, as the lines of journals: a copy that was cut off is noticed.
    const json body = to_json(document);
    json sealed = body;
    sealed["checksum"] = fmt::format("{:016x}", base::checksum(body.dump()));
    write_file(folder / file_name, sealed.dump(1) + "\n");
}

PlanDocument read_plan(const fs::path& folder) {
    const fs::path path = folder / file_name;
    const std::optional<std::string> text = read_file(path);
    if (!text) {
        throw Error(Errc::not_found,
                    fmt::format("the folder {} must have a plan ({}), and has none; make one with "
                                "oldfilm plan-job, or name another folder",
                                folder.string(), file_name));
    }
    json document = json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) {
        throw damaged(path, "it is not a JSON object");
    }
    check_version(document, path);
    const json checksum = document.value("checksum", json());
    document.erase("checksum");
    if (checksum != fmt::format("{:016x}", base::checksum(document.dump()))) {
        throw damaged(path, "its checksum is another");
    }
    try {
        return from_json(document);
    } catch (const std::exception& error) {
        throw damaged(path, fmt::format("it cannot be read ({})", error.what()));
    }
}

} // namespace oldfilm::cluster

#include "c/guard.hpp"
#include "c/structs.hpp"
#include "media/area_json.hpp"

#include <oldfilm/restore.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <stop_token>

using namespace oldfilm;
using namespace oldfilm::c;

namespace {

using Set = std::function<void(RestoreOptions&, const nlohmann::json&)>;

Rational time_of(const nlohmann::json& value) {
    return Rational::parse(value.get<std::string>());
}

void set_deinterlacing(RestoreOptions& options, const nlohmann::json& value) {
    if (value.is_boolean()) {
        options.read.deinterlace = value.get<bool>();
    } else if (value == "auto") {
        options.deinterlace_combed = true;
    } else {
        throw Error(Errc::invalid_argument,
                    fmt::format("the option \"deinterlace\" must be true, false or \"auto\", "
                                "found {}",
                                value.dump()));
    }
}

/// What each member of the options sets.
const std::map<std::string, Set>& members() {
    static const std::map<std::string, Set> all{
        {"codec", [](auto& o, const auto& v) { o.codec = v.template get<std::string>(); }},
        {"crf", [](auto& o, const auto& v) { o.crf = v.template get<int>(); }},
        {"mask_in", [](auto& o, const auto& v) { o.mask_in = v.template get<std::string>(); }},
        {"mask_out", [](auto& o, const auto& v) { o.mask_out = v.template get<std::string>(); }},
        {"evidence_out",
         [](auto& o, const auto& v) { o.evidence_out = v.template get<std::string>(); }},
        {"overwrite", [](auto& o, const auto& v) { o.overwrite = v.template get<bool>(); }},
        {"audio", [](auto& o, const auto& v) { o.audio = v.template get<bool>(); }},
        {"subtitles", [](auto& o, const auto& v) { o.subtitles = v.template get<bool>(); }},
        {"drop_streams", [](auto& o, const auto& v) { o.drop_streams = v.template get<bool>(); }},
        {"ignore_checkpoint",
         [](auto& o, const auto& v) { o.ignore_checkpoint = v.template get<bool>(); }},
        {"source_fps", [](auto& o, const auto& v) { o.read.source_fps = time_of(v); }},
        {"start", [](auto& o, const auto& v) { o.read.start = time_of(v); }},
        {"duration", [](auto& o, const auto& v) { o.read.duration = time_of(v); }},
        {"deinterlace", set_deinterlacing},
        {"film_frames",
         [](auto& o, const auto& v) { o.read.film_frames = v.template get<bool>(); }},
        {"crop", [](auto& o, const auto& v) { o.read.crop = v.template get<FrameArea>(); }},
        {"shot_list", [](auto& o, const auto& v) { o.shot_list = v.template get<std::string>(); }},
        {"decide_by_shot",
         [](auto& o, const auto& v) {
             o.decide_by_shot = v.template get<std::vector<std::string>>();
         }},
        {"strict", [](auto& o, const auto& v) { o.read.strict = v.template get<bool>(); }}};
    return all;
}

RestoreOptions options_of(const char* text) {
    RestoreOptions options;
    if (text == nullptr) {
        return options;
    }
    try {
        const auto document = nlohmann::json::parse(text);
        for (const auto& [name, value] : document.get_ref<const nlohmann::json::object_t&>()) {
            const auto member = members().find(name);
            if (member == members().end()) {
                throw Error(Errc::invalid_argument,
                            fmt::format("restore has no option \"{}\"; see oldfilm.h", name));
            }
            member->second(options, value);
        }
    } catch (const nlohmann::json::exception& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the options of restore must be a JSON object with the members in "
                                "oldfilm.h, found something else ({})",
                                error.what()));
    }
    return options;
}

oldfilm_restore_result result_of(const RestoreResult& result) {
    oldfilm_restore_result c{};
    c.frames_in = result.frames_in;
    c.frames_out = result.frames_out;
    c.concealed = result.concealed;
    c.resumed = result.resumed;
    c.seconds = result.seconds;
    return c;
}

} // namespace

int32_t oldfilm_restore(const char* input, const char* output, const oldfilm_pipeline* pipeline,
                        const char* options, const oldfilm_callbacks* callbacks,
                        oldfilm_restore_result* result) {
    return guarded([&] {
        require(input, "input");
        require(output, "output");
        require(pipeline, "pipeline");
        RestoreOptions restoring = options_of(options);
        const oldfilm_callbacks called = callbacks_of(callbacks);
        restoring.log = log_of(called);
        std::stop_source stop;
        restoring.stop = stop.get_token();
        if (called.progress != nullptr) {
            restoring.progress = [&](const Progress& progress) {
                const oldfilm_progress c = progress_of(progress);
                if (called.progress(called.context, &c) != 0) {
                    stop.request_stop();
                }
            };
        }
        const RestoreResult made = restore(input, output, pipeline->pipeline, restoring);
        if (result != nullptr) {
            write(*result, result_of(made));
        }
    });
}

#include "commands.hpp"
#include "exit_status.hpp"
#include "facts_view.hpp"
#include "file_kind.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/pipeline.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace cli {
namespace {

using nlohmann::json;
using oldfilm::MediaInfo;

/// Names of the H.273 code points that films have in practice; others by number.
std::string named(int code, std::initializer_list<std::pair<int, const char*>> names) {
    for (const auto& [number, name] : names) {
        if (number == code) {
            return name;
        }
    }
    return fmt::format("code point {}", code);
}

void print_color(const oldfilm::ColorTags& c) {
    fmt::print("  color       primaries {}, transfer {}, matrix {}, {} range\n",
               named(c.primaries, {{1, "BT.709"},
                                   {2, "unspecified"},
                                   {5, "BT.601 (625)"},
                                   {6, "BT.601 (525)"},
                                   {9, "BT.2020"}}),
               named(c.transfer, {{1, "BT.709"},
                                  {2, "unspecified"},
                                  {6, "BT.601"},
                                  {8, "linear"},
                                  {13, "sRGB"},
                                  {16, "PQ"},
                                  {18, "HLG"}}),
               named(c.matrix, {{0, "RGB"},
                                {1, "BT.709"},
                                {2, "unspecified"},
                                {5, "BT.601"},
                                {6, "BT.601"},
                                {9, "BT.2020"}}),
               c.range == oldfilm::Range::full      ? "full"
               : c.range == oldfilm::Range::limited ? "limited"
                                                    : "unspecified");
}

void print_media(const MediaInfo& info) {
    fmt::print("{}\n  container    {}\n  codec        {}, {}, {} bit\n", info.path, info.container,
               info.codec, info.pixel_format, info.bits);
    fmt::print("  picture      {} x {}{}{}\n", info.width, info.height,
               info.channels == 1 ? ", monochrome" : ", color",
               info.interlaced ? ", interlaced (see --deinterlace)" : "");
    if (info.sample_aspect != oldfilm::Rational(1)) {
        fmt::print("  pixel shape  {}\n", info.sample_aspect.to_string());
    }
    if (info.rotation != 0) {
        fmt::print("  rotation     {} degrees clockwise\n", info.rotation);
    }
    const bool regular = info.frame_rate.num() > 0;
    fmt::print("  rate         {}\n",
               regular ? fmt::format("{} fps", info.frame_rate.to_string()) : "irregular");
    if (info.film_rate.num() > 0) {
        fmt::print("  film         {} frames a second, the others are duplicates\n",
                   info.film_rate.to_string());
    }
    if (info.frames >= 0) {
        fmt::print("  frames       {}\n", info.frames);
    }
    if (info.duration.num() > 0) {
        fmt::print("  duration     {:.3f} s\n", info.duration.value());
    }
    if (!info.timecode.empty()) {
        fmt::print("  timecode     {}\n", info.timecode);
    }
    print_color(info.color);
    if (info.linear_light) {
        fmt::print("  samples      linear light, brought to the sRGB transfer\n");
    }
    if (!info.film_transfer.empty()) {
        fmt::print("  samples      {} by the file's header, taken as they are\n",
                   info.film_transfer);
    }
    for (const MediaInfo::Stream& stream : info.other_streams) {
        fmt::print("  {:12} {}{}{}\n", stream.kind, stream.codec,
                   stream.language.empty() ? "" : ", ", stream.language);
    }
}

std::string precisions(const oldfilm::Manifest& manifest) {
    std::vector<std::string> names;
    for (const oldfilm::Precision precision : manifest.precisions) {
        names.emplace_back(oldfilm::to_string(precision));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

void print_model(const oldfilm::Manifest& m) {
    fmt::print("{} {}\n  task             {}\n  takes            {}\n  gives            {}\n", m.id,
               m.version, m.task, fmt::join(m.inputs, ", "), fmt::join(m.outputs, ", "));
    fmt::print("  channels         {}\n  window           {} before, {} after\n  scale            "
               "{}\n",
               m.channels, m.before, m.after, m.scale);
    fmt::print("  receptive field  {}\n  precisions       {}\n",
               m.receptive_field < 0 ? "the whole picture"
                                     : fmt::format("{} pixels around", m.receptive_field),
               precisions(m));
    if (m.memory_per_pixel > 0) {
        fmt::print("  memory           {} bytes a pixel, {:.1f} GiB for 1920x1080 in one piece\n",
                   m.memory_per_pixel,
                   static_cast<double>(m.memory_per_pixel) * 1920 * 1080 / (1 << 30));
    }
    if (m.size_multiple > 1) {
        fmt::print("  sizes            multiples of {}, others are padded\n", m.size_multiple);
    }
    fmt::print("  license          {}\n  origin           {}\n", m.license, m.origin);
    const json manifest = json::parse(m.json);
    for (const char* field : {"authors", "paper"}) {
        if (manifest.contains(field) && manifest[field].is_string()) {
            fmt::print("  {:16} {}\n", field, manifest[field].get<std::string>());
        }
    }
    for (const char* field : {"training_data", "checkpoint_sha256", "quality"}) {
        if (manifest.contains(field) && !manifest[field].empty()) {
            fmt::print("  {:16} {}\n", std::string_view(field).substr(0, 16),
                       manifest[field].dump());
        }
    }
}

/// What is no film may have been meant as something else.
MediaInfo media_in(const std::string& path) {
    try {
        return oldfilm::inspect_media(path);
    } catch (const oldfilm::Error& error) {
        if (error.code() != oldfilm::Errc::unreadable) {
            throw;
        }
        throw oldfilm::Error(error.code(),
                             fmt::format("{}; nor is it a model package (a zip archive) or a stage "
                                         "plugin (a library)",
                                         error.what()));
    }
}

/// The first frame of every shot, as stages receive it.
std::vector<oldfilm::FrameInfo> shots(const MediaInfo& info, const oldfilm::ShotOptions& how) {
    oldfilm::Reader reader(info.path);
    oldfilm::PipelineOptions options;
    options.device = "cpu";
    options.shots = how;
    oldfilm::Run run =
        oldfilm::Pipeline(options).start(reader.format(), [&] { return reader.next(); });
    std::vector<oldfilm::FrameInfo> found;
    while (const std::optional<oldfilm::Frame> frame = run.next()) {
        if (found.empty() || frame->info().shot != found.back().shot) {
            found.push_back(frame->info());
        }
    }
    return found;
}

/// What `arguments` asks for of a film.
struct Inspected {
    struct Shot {
        std::int64_t frame = 0;
        double time = 0; ///< in seconds
    };
    MediaInfo info;
    std::vector<Shot> shots; ///< where they are asked for
    oldfilm::FilmFacts facts;
};

double seconds(const oldfilm::FrameInfo& info) {
    return static_cast<double>(info.pts) * info.time_base.value();
}

Inspected inspected(const InspectArguments& arguments) {
    Inspected film{media_in(arguments.file), {}, {}};
    oldfilm::AnalysisOptions options;
    options.full = arguments.full;
    options.shots.cut_threshold = arguments.cut_threshold.value_or(options.shots.cut_threshold);
    if (!is_pipe(film.info.path)) { // which is read once
        film.facts = oldfilm::analyze_film(arguments.file, options);
    }
    if (arguments.full) {
        for (const oldfilm::ShotFacts& shot : film.facts.shots) {
            film.shots.push_back({shot.first, shot.time});
        }
    } else if (arguments.shots) {
        for (const oldfilm::FrameInfo& first : shots(film.info, options.shots)) {
            film.shots.push_back({first.index, seconds(first)});
        }
    }
    return film;
}

} // namespace

int inspect_media(const InspectArguments& arguments) {
    return guarded(failure_status, [&] {
        const Inspected film = inspected(arguments);
        if (arguments.json) {
            json document = json::parse(film.info.to_json());
            for (const Inspected::Shot& shot : film.shots) {
                document["shots"].push_back({{"frame", shot.frame}, {"time", shot.time}});
            }
            if (film.facts.width > 0) {
                document["facts"] = json::parse(film.facts.to_json());
            }
            fmt::print("{}\n", document.dump(2));
            return static_cast<int>(done);
        }
        print_media(film.info);
        if (film.facts.width > 0) {
            print_facts(film.facts);
        }
        if (arguments.full) {
            return static_cast<int>(done);
        }
        for (std::size_t i = 0; i < film.shots.size(); ++i) {
            fmt::print("  shot {:<7} from frame {}, {:.3f} s\n", i + 1, film.shots[i].frame,
                       film.shots[i].time);
        }
        return static_cast<int>(done);
    });
}

int inspect_model(const InspectArguments& arguments) {
    return guarded(failure_status, [&] {
        const oldfilm::Manifest manifest = oldfilm::Model::inspect(arguments.file);
        if (arguments.json) {
            fmt::print("{}\n", json::parse(manifest.json).dump(2));
        } else {
            print_model(manifest);
        }
        return static_cast<int>(done);
    });
}

} // namespace cli

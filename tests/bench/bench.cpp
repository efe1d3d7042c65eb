// bench FILM FOLDER [ROUNDS [NAME...]]: time of restorations from file to file, and of each of
// their parts alone; NAME is a stage or a preset (each stage, then the preset silent-film).
//
// Writes FOLDER/efficiency.json, all times in seconds; `report.py` makes a table of it. Everything
// runs in this process, in turns, ROUNDS times (quick ones oftener): the machine's moods then meet
// all of it alike.
#include "ffmpeg_alone.hpp"
#include "inner_stages.hpp"
#include "recorder.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/process.hpp>
#include <oldfilm/restore.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace bench {
namespace {

using namespace oldfilm;
using nlohmann::json;

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Film {
    std::string path;
    StreamFormat format;
    std::vector<Frame> frames;
};

Film read_film(const std::string& path) {
    Reader reader(path);
    Film film{path, {}, {}};
    const MediaInfo& info = reader.info();
    film.format.channels = info.channels;
    film.format.height = info.height;
    film.format.width = info.width;
    film.format.rate = info.frame_rate;
    film.format.color = info.color;
    while (std::optional<Frame> frame = reader.next()) {
        film.frames.push_back(*frame);
    }
    return film;
}

PipelineOptions on_cpu() {
    PipelineOptions options;
    options.device = "cpu";
    return options;
}

/// Pushes ready frames through a pipeline and hands what comes out to `take`.
void drive(const Pipeline& pipeline, const StreamFormat& format, const std::vector<Frame>& film,
           const std::function<void(const StreamFormat&, const Frame&)>& take) {
    Run run = pipeline.start(format);
    Frame got;
    for (const Frame& frame : film) {
        while (!run.push(frame)) {
            if (run.next(got) == Run::State::frame) {
                take(run.output(), got);
            }
        }
    }
    run.finish();
    while (run.next(got) == Run::State::frame) {
        take(run.output(), got);
    }
}

void drop(const StreamFormat& /*format*/, const Frame& /*frame*/) {}

/// Pictures of one size as a film that flow can be asked about.
struct FlowWork {
    FlowPairs pairs;
    StreamFormat format;
    std::vector<Frame> frames;
};

FlowWork flow_work(FlowPairs pairs, const std::vector<at::Tensor>& pictures) {
    FlowWork work{pairs, {}, {}};
    work.format.channels = static_cast<int>(pictures.front().size(0));
    work.format.height = pictures.front().size(1);
    work.format.width = pictures.front().size(2);
    work.format.rate = 16;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        FrameInfo info;
        info.pts = static_cast<std::int64_t>(i);
        info.duration = 1;
        info.time_base = Rational(1, 16);
        work.frames.emplace_back(pictures[i], info);
    }
    return work;
}

/// Pictures on which colorize follows colors: what its network saw, at half the size.
std::vector<at::Tensor> halves(const Recording& recording) {
    std::vector<at::Tensor> pictures;
    for (const Recording::Call& call : recording.calls) {
        if (recording.models[call.model].task == "colorize") {
            const at::Tensor& seen = call.inputs.front();
            pictures.push_back(at::_upsample_bilinear2d_aa(
                                   seen.contiguous(), {seen.size(2) / 2, seen.size(3) / 2}, false)
                                   .squeeze(0));
        }
    }
    return pictures;
}

std::string name_of(const StageSpec& stage) {
    return stage.id.substr(stage.id.rfind('.') + 1);
}

/// What a restoration does, known from one run that is not timed.
struct Known {
    Recording models;
    std::vector<FlowWork> flows;
    std::vector<UniqueFrame> coded; ///< the frames that the encoder is given
    std::int64_t frames_out = 0;
};

/// Runs the stages on ready frames with witnesses between them, and keeps what passes.
Known look_into(const Film& film, const std::vector<StageSpec>& stages, const std::string& folder) {
    Known known;
    std::list<std::pair<std::string, std::vector<at::Tensor>>> seen;
    Pipeline pipeline(on_cpu());
    for (const StageSpec& stage : stages) {
        const std::string name = name_of(stage);
        if (name == "scratch-removal" || name == "interpolate") {
            pipeline.add(witness(seen.emplace_back(name, std::vector<at::Tensor>()).second));
        }
        pipeline.add(stage);
    }
    const std::string lossless = folder + "/frames.y4m";
    {
        std::optional<Writer> writer;
        start_recording();
        drive(pipeline, film.format, film.frames,
              [&](const StreamFormat& format, const Frame& frame) {
                  if (!writer) {
                      // As the H.264 file is written, but for the codec.
                      WriteOptions write;
                      write.codec = "y4m";
                      write.pixel_format = "yuv420p";
                      write.frame_rate = format.rate;
                      write.width = format.width;
                      write.height = format.height;
                      write.channels = format.channels;
                      write.color = format.color;
                      write.color.range = Range::limited;
                      write.overwrite = true;
                      writer.emplace(lossless, write);
                  }
                  writer->write(frame);
                  ++known.frames_out;
              });
        known.models = recorded();
        writer->finish();
    }
    known.coded = decoded_frames(lossless);
    std::filesystem::remove(lossless);
    for (const auto& [name, pictures] : seen) {
        known.flows.push_back(
            flow_work(name == "interpolate" ? FlowPairs::fine : FlowPairs::to_neighbors, pictures));
    }
    if (const std::vector<at::Tensor> reduced = halves(known.models); !reduced.empty()) {
        known.flows.push_back(flow_work(FlowPairs::both_ways, reduced));
    }
    return known;
}

/// Times of one restoration, from file to file and in parts, a figure a round.
json measure(const std::string& name, const Film& film, const Pipeline& pipeline,
             const std::string& folder, int rounds) {
    const Known known = look_into(film, pipeline.stages(), folder);
    const std::string output = folder + "/" + name + ".mp4";
    json stages;
    for (const StageSpec& stage : pipeline.stages()) {
        stages.push_back(name_of(stage));
    }
    json result{{"name", name},
                {"stages", stages},
                {"frames_in", film.frames.size()},
                {"frames_out", known.frames_out},
                {"models", known.models.models.size()},
                {"calls", known.models.calls.size()}};
    constexpr double quick = 1.5; // seconds from file to file
    constexpr int oftener = 4;
    for (int round = 0; round < rounds; ++round) {
        RestoreOptions options;
        options.overwrite = true;
        const double models_before = seconds_in_models();
        RestoreResult restored;
        result["file_to_file"].push_back(
            seconds_of([&] { restored = restore(film.path, output, pipeline, options); }));
        result["in_models"].push_back(seconds_in_models() - models_before);
        result["in_stages"].push_back(restored.stats.stage_seconds);

        result["decode"].push_back(decode_alone(film.path));
        const ModelTimes models = replay(known.models);
        result["load"].push_back(models.load);
        result["run"].push_back(models.run);
        result["run_by_task"].push_back(models.by_task);
        result["flow"].push_back(seconds_of([&] {
            for (const FlowWork& work : known.flows) {
                Pipeline flow(on_cpu());
                flow.add(flow_alone(work.pairs));
                drive(flow, work.format, work.frames, drop);
            }
        }));
        result["in_memory"].push_back(
            seconds_of([&] { drive(pipeline, film.format, film.frames, drop); }));
        const Encoded encoded = encode_alone(known.coded, output);
        result["encode"].push_back(encoded.seconds);
        result["encoded_bytes"] = encoded.bytes;
        if (round == 0 && restored.seconds < quick) {
            rounds *= oftener;
        }
    }
    result["written_bytes"] = packet_bytes(output);
    return result;
}

/// Copies between stages, and what crosses between host and device.
json transfers(const Film& film, const std::string& device) {
    const HandOvers hands = count_copies(4, 24, device);
    PipelineOptions options;
    options.device = device;
    Pipeline pipeline(options);
    pipeline.add("deflicker").add("denoise").add("superres:scale=2");
    std::size_t next = 0;
    Run run = pipeline.start(film.format, [&]() -> std::optional<Frame> {
        return next < film.frames.size() ? std::optional(film.frames[next++]) : std::nullopt;
    });
    while (run.next()) {
    }
    return {{"device", device},
            {"hand_overs", hands.passed},
            {"copies", hands.copied},
            {"frames", film.frames.size()},
            {"uploads", run.stats().uploads},
            {"downloads", run.stats().downloads}};
}

bool has_cuda(const Film& film) {
    PipelineOptions options;
    options.device = "cuda";
    Pipeline pipeline(options);
    pipeline.add("deflicker");
    try {
        const Run run = pipeline.start(film.format);
        return true;
    } catch (const Error& error) {
        if (error.code() == Errc::unsupported) {
            return false;
        }
        throw;
    }
}

json all(const std::string& path, const std::string& folder, int rounds,
         const std::vector<std::string>& names) {
    const Film film = read_film(path);
    json result{{"width", film.format.width},
                {"height", film.format.height},
                {"frames", film.frames.size()},
                {"threads", at::get_num_threads()},
                {"rounds", rounds}};
    const auto add = [&](const std::string& name, const Pipeline& pipeline) {
        fmt::print(stderr, "   {}\n", name);
        result["restorations"].push_back(measure(name, film, pipeline, folder, rounds));
    };
    const std::vector<std::string> presets = preset_names();
    for (const std::string& name : names) {
        if (std::find(presets.begin(), presets.end(), name) != presets.end()) {
            add(name, Pipeline::preset(name, on_cpu()));
        } else {
            Pipeline alone(on_cpu());
            add(name, alone.add(name));
        }
    }
    result["transfers"].push_back(transfers(film, "cpu"));
    if (has_cuda(film)) {
        result["transfers"].push_back(transfers(film, "cuda"));
    }
    return result;
}

} // namespace
} // namespace bench

int main(int count, char** arguments) {
    if (count < 3) {
        fmt::print(stderr, "usage: {} FILM FOLDER [ROUNDS [NAME...]]\n", arguments[0]);
        return 2;
    }
    try {
        oldfilm::pool_memory(); // as the command line does
        oldfilm::quiet_ffmpeg();
        const std::string folder = arguments[2];
        std::vector<std::string> names(arguments + std::min(count, 4), arguments + count);
        if (names.empty()) {
            names = {"deflicker", "stabilize",    "scratch-removal", "denoise",    "colorize",
                     "superres",  "face-enhance", "interpolate",     "silent-film"};
        }
        const auto result =
            bench::all(arguments[1], folder, count > 3 ? std::atoi(arguments[3]) : 3, names);
        std::ofstream file(folder + "/efficiency.json");
        file << result.dump(1) << '\n';
        file.close();
        if (!file) {
            fmt::print(stderr, "{}/efficiency.json could not be written\n", folder);
            return 1;
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}

#include "commands.hpp"
#include "exit_status.hpp"
#include "keyframe_choice.hpp"
#include "pipeline_choice.hpp"
#include "write_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;

void check_stop(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Error(Errc::cancelled, "stopped; the same command goes on with what is missing");
    }
}

/// All shots of the film, with their choices.
std::vector<KeyframeChoice> choose(const KeyframesArguments& arguments) {
    RestoreArguments how;
    how.device = "cpu";
    how.shots = arguments.shots;
    how.cut_threshold = arguments.cut_threshold;
    oldfilm::PipelineOptions options = pipeline_options(how);
    oldfilm::Reader reader(arguments.film);
    set_shot_list(options.shots, arguments.shots, reader.info().frame_rate);
    oldfilm::Run run =
        oldfilm::Pipeline(options).start(reader.format(), [&] { return reader.next(); });
    KeyframeChooser chooser;
    while (const std::optional<oldfilm::Frame> frame = run.next()) {
        check_stop(arguments.stop);
        chooser.add(*frame);
    }
    return chooser.finish();
}

std::string name_of(const KeyframeChoice& choice) {
    if (!choice.has_duplicates) {
        return fmt::format("{:06}.png", choice.frame);
    }
    const auto milliseconds = static_cast<std::int64_t>(std::llround(choice.time * 1000));
    return fmt::format("{:02}-{:02}-{:02}.{:03}.png", milliseconds / 3'600'000,
                       milliseconds / 60'000 % 60, milliseconds / 1000 % 60, milliseconds % 1000);
}

/// Writes single frames, colored or gray.
class KeyframeWriter {
  public:
    KeyframeWriter(const oldfilm::StreamFormat& format, const KeyframesArguments& arguments) {
        if (!arguments.gray) {
            oldfilm::PipelineOptions options;
            options.device = arguments.device;
            options.plugin_path = arguments.plugin_path;
            oldfilm::StageSpec stage = oldfilm::parse_stage("colorize");
            plan_ = oldfilm::Pipeline(options).add(stage).plan(format);
        }
    }

    void write(const oldfilm::Frame& frame, const fs::path& path) const {
        const oldfilm::Frame picture = plan_ ? colored(frame) : frame;
        oldfilm::WriteOptions options;
        options.codec = "png";
        options.width = picture.width();
        options.height = picture.height();
        options.channels = 3;
        options.color = picture.info().color;
        options.frame_rate = oldfilm::Rational(25);
        oldfilm::Writer writer(path.string(), options);
        writer.write(picture.with_picture(picture.picture().expand({3, -1, -1})));
        writer.finish();
    }

  private:
    [[nodiscard]] oldfilm::Frame colored(const oldfilm::Frame& frame) const {
        bool given = false;
        oldfilm::Run run = plan_->start([&]() -> std::optional<oldfilm::Frame> {
            return std::exchange(given, true) ? std::nullopt : std::optional(frame);
        });
        const std::optional<oldfilm::Frame> result = run.next();
        if (!result) {
            throw Error(Errc::stage_failed, "colorize gave no frame for a keyframe; this is a "
                                            "defect of the stage");
        }
        return *result;
    }

    std::optional<oldfilm::Plan> plan_;
};

/// Writes what is not there yet.
void write_chosen(const KeyframesArguments& arguments, const std::vector<KeyframeChoice>& choices) {
    oldfilm::Reader reader(arguments.film);
    std::optional<KeyframeWriter> writer;
    std::int64_t next = 0;
    for (const KeyframeChoice& choice : choices) {
        const fs::path path = fs::path(arguments.folder) / name_of(choice);
        if (choice.frame < 0 || fs::exists(path)) {
            continue;
        }
        check_stop(arguments.stop);
        for (; next < choice.frame; ++next) {
            reader.skip();
        }
        const std::optional<oldfilm::Frame> frame = reader.next();
        ++next;
        if (!frame) {
            throw Error(Errc::unreadable,
                        fmt::format("{} ended before frame {}, which was there a moment ago; try "
                                    "again with a film that does not change",
                                    arguments.film, choice.frame));
        }
        if (!writer) {
            writer.emplace(reader.format(), arguments);
        }
        writer->write(*frame, path);
    }
}

} // namespace

int keyframes(const KeyframesArguments& arguments) {
    return guarded(usage_status, [&]() -> int {
        const std::vector<KeyframeChoice> choices = choose(arguments);
        const bool any = std::any_of(choices.begin(), choices.end(),
                                     [](const KeyframeChoice& one) { return one.frame >= 0; });
        if (!any) {
            throw Error(Errc::unsupported,
                        fmt::format("{} has no shot that shows a picture: {} shots are title "
                                    "cards, leader or black; name other shots with --shots",
                                    arguments.film, choices.size()));
        }
        make_folder(arguments.folder);
        std::vector<bool> was_there;
        for (const KeyframeChoice& one : choices) {
            was_there.push_back(one.frame >= 0 &&
                                fs::exists(fs::path(arguments.folder) / name_of(one)));
        }
        write_chosen(arguments, choices);
        for (std::size_t i = 0; i < choices.size(); ++i) {
            const KeyframeChoice& one = choices[i];
            fmt::print("frames {:>7} to {:<7} {}\n", one.first, one.first + one.frames - 1,
                       one.frame < 0  ? fmt::format("none: {}", to_string(one.kind))
                       : was_there[i] ? name_of(one) + " (was there, kept)"
                                      : name_of(one));
        }
        return done;
    });
}

} // namespace cli

#include "models_add.hpp"

#include "models_catalog.hpp"
#include "shared_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/speech.hpp>

#include <ATen/ops/linspace.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Manifest;

/// A folder for what is not installed yet, on the same file system; removed with its contents.
class Workshop {
  public:
    explicit Workshop(const fs::path& models) {
        std::error_code failed;
        fs::create_directories(models, failed);
        std::string name = (models / ".adding-XXXXXX").string();
        if (failed || mkdtemp(name.data()) == nullptr) {
            throw Error(Errc::io,
                        fmt::format("models are installed into {}, and that folder cannot be "
                                    "written to; name another one in OLDFILM_MODEL_PATH",
                                    models.string()));
        }
        path_ = name;
    }
    ~Workshop() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    [[nodiscard]] fs::path package() const { return path_ / "package.pt"; }

  private:
    fs::path path_;
};

/// The Python that has PyTorch: the one that is named, that of a source tree's build, or the
/// system's.
std::string python() {
    if (const char* named = std::getenv("OLDFILM_PYTHON"); named != nullptr && *named != '\0') {
        return named;
    }
    const fs::path build = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
    const fs::path own = build / "env/bin/python";
    return fs::exists(own) ? own.string() : "python3";
}

/// Runs a program with this one's output; its exit status.
int child(std::vector<std::string> words) {
    std::fflush(stdout);
    std::vector<char*> raw;
    raw.reserve(words.size() + 1);
    for (std::string& word : words) {
        raw.push_back(word.data());
    }
    raw.push_back(nullptr);
    const pid_t process = fork();
    if (process == 0) {
        dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
        execvp(raw[0], raw.data());
        _exit(127);
    }
    int status = 0;
    while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (process < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
        throw Error(Errc::not_found,
                    fmt::format("models are converted by Python, and \"{}\" cannot be run; install "
                                "python3, or name a Python with PyTorch in OLDFILM_PYTHON",
                                words.front()));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : failed;
}

void check_license(const CatalogEntry& entry, const std::string& accepted) {
    fmt::print("{}: {}\n  license  {}{}\n  authors  {}\n  from     {}\n", entry.name, entry.title,
               entry.license, entry.non_commercial ? ", not for commercial use" : "", entry.authors,
               entry.page);
    if (entry.non_commercial && accepted != entry.name) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("{0} may not be used commercially ({1}); if you accept its license, "
                        "add it with --accept-license {0}",
                        entry.name, entry.license));
    }
}

/// A ramp, a different one each time.
oldfilm::Frame ramp(const oldfilm::StreamFormat& format, std::int64_t number) {
    at::Tensor row = at::linspace(0.1, 0.9 - 0.02 * static_cast<double>(number), format.width);
    oldfilm::FrameInfo info;
    info.index = number;
    info.pts = number;
    info.duration = 1;
    info.time_base = oldfilm::Rational(1, 16);
    return {row.expand({format.channels, format.height, format.width}).contiguous(), info};
}

/// The stage that takes a package, and the parameter that names it.
struct Use {
    std::string stage, parameter;
};

Use use_of(const Manifest& manifest) {
    const auto& in = manifest.inputs;
    if (manifest.task == "face-detector") {
        return {"face-enhance", "detector"};
    }
    if (manifest.task == "face-landmarks") {
        return {"face-enhance", "landmarks"};
    }
    if (manifest.task == "scratch-removal" && std::find(in.begin(), in.end(), "mask") != in.end()) {
        return {"scratch-removal", "repair"};
    }
    return {manifest.task, "model"};
}

/// Models of sound are no stage's.
bool is_of_sound(const Manifest& manifest) {
    return manifest.task == "speech-activity" || manifest.task == "speech-recognition";
}

/// Listens to a second of silence.
void try_on_sound(const fs::path& package, const Manifest& manifest) {
    const std::vector<float> silence(31 * oldfilm::SpeechDetector::step);
    if (manifest.task == "speech-recognition") {
        const auto recognizer = oldfilm::make_recognizer(package.string(), "en");
        fmt::print("tried: transcribe heard {} words in a second of silence\n",
                   recognizer->recognize(silence, {}).size());
        return;
    }
    const auto detector = oldfilm::make_speech_detector(package.string());
    detector->add(silence);
    fmt::print("tried: transcribe made {} probabilities of {}\n", detector->probabilities().size(),
               silence.size() / oldfilm::SpeechDetector::step);
}

/// Runs the stage with the package on a few small frames. Throws what it throws.
void try_out(const fs::path& package, const Manifest& manifest) {
    if (is_of_sound(manifest)) {
        try_on_sound(package, manifest);
        return;
    }
    const Use use = use_of(manifest);
    oldfilm::StageSpec stage;
    stage.id = use.stage;
    stage.parameters[use.parameter] = package.string();
    if (manifest.task == "superres") {
        stage.parameters["scale"] = static_cast<double>(manifest.scale);
    }
    oldfilm::StreamFormat format;
    format.channels = manifest.channels;
    format.height = 48;
    format.width = 64;
    format.rate = oldfilm::Rational(16);
    oldfilm::PipelineOptions options;
    options.device = "cpu";
    oldfilm::Pipeline pipeline(options);
    pipeline.add(stage);
    std::int64_t next = 0;
    const std::int64_t frames = manifest.before + 2 + manifest.after;
    oldfilm::Run run = pipeline.start(format, [&]() -> std::optional<oldfilm::Frame> {
        return next < frames ? std::optional(ramp(format, next++)) : std::nullopt;
    });
    std::int64_t made = 0;
    while (run.next()) {
        ++made;
    }
    fmt::print("tried: {} made {} frames of {}\n", use.stage, made, frames);
}

/// Whether the file is a model package already.
std::optional<Manifest> package_in(const fs::path& file) {
    try {
        return oldfilm::Model::inspect(file.string());
    } catch (const Error&) {
        return std::nullopt;
    }
}

void copy_in(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::copy_file(from, to, failed);
    if (failed) {
        throw Error(Errc::io,
                    fmt::format("{} cannot be copied to {} ({}); free some space, or name "
                                "another folder in OLDFILM_MODEL_PATH",
                                from.string(), to.parent_path().string(), failed.message()));
    }
}

/// What was asked for: an entry, files, or both.
struct Wanted {
    const CatalogEntry* entry = nullptr;
    std::vector<std::string> files;
};

Wanted wanted(const ModelsArguments& arguments, const std::vector<CatalogEntry>& entries) {
    Wanted result{find(entries, arguments.names.front()), arguments.names};
    if (result.entry != nullptr) {
        result.files.erase(result.files.begin());
    }
    for (const std::string& file : result.files) {
        if (!fs::exists(file)) {
            std::vector<std::string> names;
            for (const CatalogEntry& entry : entries) {
                names.push_back(entry.name);
            }
            throw Error(Errc::not_found,
                        fmt::format("there is no model \"{}\" in the catalog, and no such file{}; "
                                    "see oldfilm models available",
                                    file, nearest(file, names)));
        }
    }
    if (result.entry != nullptr && result.files.empty() && result.entry->wheel.empty()) {
        throw Error(Errc::not_found,
                    fmt::format("{0} is published by its authors only: get {1} from {2} (license: "
                                "{3}), then: oldfilm models add {0} FILE",
                                result.entry->name, result.entry->published_as, result.entry->page,
                                result.entry->license));
    }
    return result;
}

void refuse_second(const fs::path& target, const std::string& name) {
    if (fs::exists(target)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{0} is installed ({1}); to install it again, remove it first: "
                                "oldfilm models remove {0}",
                                name, target.string()));
    }
}

/// Converts into `package`; the exit status of the importer, which says what is wrong.
int convert(const Wanted& what, const ModelsArguments& arguments, const fs::path& package) {
    std::vector<std::string> words{python(), shared_file("importers/importing/add.py").string(),
                                   what.entry != nullptr ? what.entry->json : "{}"};
    words.insert(words.end(), what.files.begin(), what.files.end());
    words.insert(words.end(), {"-o", package.string()});
    if (!arguments.find_links.empty()) {
        words.insert(words.end(), {"--find-links", fs::absolute(arguments.find_links).string()});
    }
    if (!arguments.task.empty()) {
        words.insert(words.end(), {"--task", arguments.task});
    }
    return child(std::move(words));
}

void check_task(const Manifest& manifest, const std::string& task) {
    if (!task.empty() && manifest.task != task) {
        throw Error(
            Errc::incompatible,
            fmt::format("a model for {} was asked for, and {} is one for {}; leave the task "
                        "out, or name the other one",
                        task, manifest.id, manifest.task));
    }
}

} // namespace

int add_model(const ModelsArguments& arguments) {
    const std::vector<CatalogEntry> entries = catalog();
    const Wanted what = wanted(arguments, entries);
    const fs::path folder = model_folders().front();
    if (what.entry != nullptr) {
        refuse_second(folder / (what.entry->name + ".pt"), what.entry->name);
        check_license(*what.entry, arguments.accepted_license);
        if (!arguments.task.empty() && what.entry->task != arguments.task) {
            Manifest stated;
            stated.id = what.entry->name;
            stated.task = what.entry->task;
            check_task(stated, arguments.task);
        }
    }
    const Workshop workshop(folder);
    if (what.entry == nullptr && what.files.size() == 1 && package_in(what.files.front())) {
        copy_in(what.files.front(), workshop.package());
    } else if (const int status = convert(what, arguments, workshop.package()); status != done) {
        return failed;
    }
    const Manifest manifest = oldfilm::Model::inspect(workshop.package().string());
    check_task(manifest, arguments.task);
    const std::string name = what.entry != nullptr ? what.entry->name : manifest.id;
    if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') {
        throw Error(Errc::incompatible,
                    fmt::format("a model's id must be a name without slashes, found \"{}\"", name));
    }
    refuse_second(folder / (name + ".pt"), name);
    if (what.entry == nullptr) {
        // A file that was recognized has its license in the catalog, or in its manifest alone.
        if (const CatalogEntry* entry = find(entries, manifest.id)) {
            check_license(*entry, arguments.accepted_license);
        } else {
            fmt::print("{}: license {}\n", manifest.id, manifest.license);
        }
    }
    try_out(workshop.package(), manifest);
    fs::rename(workshop.package(), folder / (name + ".pt"));
    if (is_of_sound(manifest)) {
        fmt::print("installed as {}; oldfilm transcribe uses it\n",
                   (folder / (name + ".pt")).string());
        return done;
    }
    const Use use = use_of(manifest);
    fmt::print("installed as {}; use it with --stage {}:{}={}\n",
               (folder / (name + ".pt")).string(), use.stage, use.parameter, name);
    return done;
}

} // namespace cli

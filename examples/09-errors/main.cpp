/// Lesson 9: an error of each kind, caught and explained. Every error of the library is an
/// `oldfilm::Error`: a sentence for people, and a code for programs. Only one, `internal`, cannot
/// be shown: it is a defect of oldfilm itself.
///   errors IN        any small film; exits with 0 when each error was of the kind that it should
///   be

#include <oldfilm/plugins.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/zeros.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

namespace {

using oldfilm::Errc;
using oldfilm::Pipeline;

/// What a program may do about each kind.
const char* advice(Errc code) {
    switch (code) {
    case Errc::invalid_argument:
        return "ask for another value: the sentence has the range";
    case Errc::not_found:
        return "check the name or the folder; the sentence lists what there is";
    case Errc::unreadable:
        return "the file is damaged or of another kind: choose another";
    case Errc::unsupported:
        return "choose another codec, container or device";
    case Errc::incompatible:
        return "the plugin or model is for another use or version: get one that fits";
    case Errc::format_mismatch:
        return "a defect of the calling program: it promised other frames";
    case Errc::out_of_memory:
        return "use a smaller scale, fewer stages, or a larger budget, and start again";
    case Errc::io:
        return "free the disk, or write elsewhere, and start again";
    case Errc::stage_failed:
        return "leave the stage out, or report it to its author";
    case Errc::cancelled:
        return "nothing: it was asked for";
    case Errc::internal:
        return "report it to oldfilm's authors";
    }
    return "";
}

/// Runs `attempt` and explains how it fails; false when it fails otherwise, or not at all.
bool fails_with(Errc expected, const std::function<void()>& attempt) {
    try {
        attempt();
    } catch (const oldfilm::Error& error) {
        std::cout << to_string(error.code()) << ": " << error.what() << "\n    -> "
                  << advice(error.code()) << '\n';
        return error.code() == expected;
    }
    std::cout << to_string(expected) << " did not happen\n";
    return false;
}

class Stubborn final : public oldfilm::sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const oldfilm::sdk::Format& /*input*/, const oldfilm::sdk::Values& /*values*/,
                   oldfilm::sdk::Config& /*config*/) override {}
    void process(const oldfilm::sdk::Request& /*request*/) override {
        throw oldfilm::sdk::Failure("every frame displeases this stage; leave it out");
    }
};

oldfilm::StreamFormat small_film() {
    oldfilm::StreamFormat format;
    format.height = 48;
    format.width = 64;
    format.rate = 16;
    return format;
}

oldfilm::Frame frame(std::int64_t height) {
    return oldfilm::Frame(at::zeros({3, height, 64}), {});
}

bool errors_of_names_and_files(const std::string& film) {
    bool right = fails_with(Errc::invalid_argument, [] { Pipeline().add("superres:scale=99"); });
    right &= fails_with(Errc::not_found, [] { Pipeline().add("superest"); });
    right &= fails_with(Errc::unreadable, [] { oldfilm::Reader("/proc/version"); });
    right &= fails_with(Errc::unsupported, [&] {
        oldfilm::RestoreOptions options;
        options.mask_out = "masks.mp4"; // masks are written without loss, which .mp4 cannot hold
        oldfilm::restore(film, "never.mkv", Pipeline().add("deflicker"), options);
    });
    right &= fails_with(Errc::io, [] {
        oldfilm::WriteOptions options;
        options.width = 64;
        options.height = 48;
        oldfilm::Writer("no/such/folder/out.mkv", options);
    });
    right &= fails_with(Errc::incompatible, [] {
        // A model of another stage: its manifest says what it is for.
        const std::filesystem::path library = oldfilm::find_plugin("denoise").library;
        Pipeline pipeline;
        pipeline.add("superres:model=" +
                     (library.parent_path() / "models/denoise/default.pt").string());
        (void)pipeline.start(small_film());
    });
    return right;
}

bool errors_of_runs() {
    bool right = fails_with(Errc::format_mismatch, [] {
        oldfilm::Run run = Pipeline().add("deflicker").start(small_film());
        run.push(frame(/*height=*/50)); // 48 was agreed
    });
    right &= fails_with(Errc::out_of_memory, [] {
        oldfilm::PipelineOptions options;
        options.memory = 1000; // bytes for the frames in flight
        Pipeline pipeline(options);
        (void)pipeline.add("deflicker").start(small_film());
    });
    right &= fails_with(Errc::stage_failed, [] {
        oldfilm::StageSpec stubborn;
        stubborn.id = "stubborn";
        stubborn.description = oldfilm::sdk::describe<Stubborn>(
            {"com.example.stubborn", "stubborn", "1.0.0", "Fails", {}});
        oldfilm::Run run = Pipeline().add(stubborn).start(small_film());
        run.push(frame(48));
        run.finish();
        run.next(); // errors of the stages' thread come out here
    });
    right &= fails_with(Errc::cancelled, [] {
        oldfilm::Run run = Pipeline().add("deflicker").start(small_film());
        run.cancel(); // from any thread
        run.next();
    });
    return right;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: errors IN\n";
        return 2;
    }
    const bool files = errors_of_names_and_files(argv[1]);
    const bool runs = errors_of_runs();
    return files && runs ? 0 : 1;
}

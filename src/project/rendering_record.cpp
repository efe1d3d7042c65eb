#include "project/rendering_record.hpp"

#include "project/clock.hpp"
#include "project/document.hpp"
#include "project/source_file.hpp"
#include "project/text_file.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;

fs::path file_in(const fs::path& folder) {
    return folder / "rendering.json";
}

} // namespace

namespace project {

RenderingNote::RenderingNote(const Project& project, const std::string& output,
                             const RestoreOptions& options)
    : folder_(project.folder()),
      before_(read_text(file_in(folder_))), rendering_{.output = output == "-" ? "" : output,
                                                       .bytes = 0,
                                                       .codec = options.codec,
                                                       .crf = options.crf,
                                                       .evidence = options.evidence_out,
                                                       .begun = now(),
                                                       .finished = ""} {
    write();
}

void RenderingNote::withdraw() {
    std::error_code gone;
    if (before_) {
        write_text(file_in(folder_), *before_);
    } else {
        fs::remove(file_in(folder_), gone);
    }
}

void RenderingNote::finish() {
    std::error_code no_file;
    const auto bytes = fs::file_size(rendering_.output, no_file);
    rendering_.bytes = no_file ? 0 : static_cast<std::int64_t>(bytes);
    rendering_.finished = now();
    write();
}

void RenderingNote::write() {
    if (rendering_.output.empty()) {
        return;
    }
    Json document{{"output", stored_path(rendering_.output, folder_)},
                  {"bytes", rendering_.bytes},
                  {"codec", rendering_.codec},
                  {"begun", rendering_.begun},
                  {"finished", rendering_.finished}};
    if (!rendering_.evidence.empty()) {
        document["evidence"] = stored_path(rendering_.evidence, folder_);
    }
    if (rendering_.crf) {
        document["crf"] = *rendering_.crf;
    }
    write_text(file_in(folder_), document.dump(2) + "\n");
}

} // namespace project

std::optional<ProjectRendering> last_rendering(const Project& project) {
    const fs::path file = file_in(project.folder());
    const std::optional<std::string> text = project::read_text(file);
    if (!text) {
        return std::nullopt;
    }
    const project::Document document(*text, file.string());
    const project::Place root = document.root();
    root.check_members({"output", "bytes", "codec", "crf", "evidence", "begun", "finished"});
    const auto path_of = [&project](const project::Place& place) {
        return (fs::path(project.folder()) / place.text()).lexically_normal().string();
    };
    ProjectRendering rendering;
    rendering.output = path_of(root.at("output"));
    rendering.bytes = root.at("bytes").integer();
    rendering.codec = root.at("codec").text();
    rendering.begun = root.at("begun").text();
    rendering.finished = root.at("finished").text();
    if (const auto evidence = root.find("evidence")) {
        rendering.evidence = path_of(*evidence);
    }
    if (const auto crf = root.find("crf")) {
        rendering.crf = static_cast<int>(crf->integer());
    }
    return rendering;
}

} // namespace oldfilm

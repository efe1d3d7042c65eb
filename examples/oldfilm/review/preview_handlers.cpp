// Previews of single frames.
#include "pictures.hpp"
#include "session.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>

namespace cli::review {
namespace {

/// {"shot": "s120", "frame": 130, "settings": as a shot of project.json}.
Response previewed(Session& session, const Json& document) {
    const oldfilm::Project project = session.store.project();
    const auto [id, number] = read_json([&] {
        return std::pair{document.at("shot").get<std::string>(),
                         document.at("frame").get<std::int64_t>()};
    });
    const oldfilm::ProjectShot shot =
        read_json([&] { return shot_from(document.at("settings"), project.shot(id)); });
    if (number < shot.first || number > shot.last) {
        refuse(fmt::format("frame {} is not in shot {}, which has frames {} to {}", number, id,
                           shot.first, shot.last));
    }
    check_overrides(shot.stages);
    const PreviewedFrame made = session.preview.frame(number, shot);
    Response response = picture("image/png", png_of(matrix_of(made.frame)), false);
    if (!made.is_whole_shot) {
        response.headers["X-Oldfilm-Note"] =
            fmt::format("from frames {} to {}", made.first, made.last);
    }
    return response;
}

} // namespace

void add_preview_handlers(Server& server, Session& session) {
    server.post("/api/preview", [&session](const Request& request) {
        return previewed(session, parsed(request.body));
    });
}

} // namespace cli::review

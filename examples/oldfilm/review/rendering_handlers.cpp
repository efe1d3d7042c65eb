// Rendering in the background, and small things that all handlers use.
#include "session.hpp"

#include <utility>

namespace cli::review {

Response answer_with(const Json& document) {
    return {.body = document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
            .headers = {{"Cache-Control", "no-store"}}};
}

Response picture(std::string type, std::string bytes, bool lasting) {
    return {.type = std::move(type),
            .body = std::move(bytes),
            .headers = {{"Cache-Control", lasting ? "private, max-age=86400" : "no-store"}}};
}

void add_rendering_handlers(Server& server, Session& session) {
    server.post("/api/render", [&session](const Request&) {
        session.rendering.start();
        return answer_with(session.rendering.status());
    });
    server.post("/api/render/stop", [&session](const Request&) {
        session.rendering.stop();
        return answer_with(session.rendering.status());
    });
}

} // namespace cli::review

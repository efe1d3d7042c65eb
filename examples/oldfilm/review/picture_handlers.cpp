// Frames before and after, and the thumbnails of the film strip.
#include "pictures.hpp"
#include "session.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace cli::review {
namespace {

constexpr int thumbnail_width = 176, thumbnail_height = 132;

std::int64_t number_in(const std::string& digits, std::int64_t frames) {
    std::int64_t number = -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (number < 0 || number >= frames) {
        throw oldfilm::Error(
            oldfilm::Errc::not_found,
            fmt::format("the film has {} frames, from 0 on; there is no frame {}", frames, digits));
    }
    return number;
}

oldfilm::Frame frame_of(Session& session, const std::string& side, std::int64_t number) {
    return side == "before" ? session.films.source()->frame(number)
                            : session.films.result()->frame(session.films.number_in_result(number));
}

} // namespace

void add_picture_handlers(Server& server, Session& session) {
    server.get("/frames/(before|after)/(\\d+)\\.png", [&session](const Request& request) {
        const std::int64_t frames = session.store.project().source().frames;
        const std::int64_t number = number_in(request.parts.at(1), frames);
        const oldfilm::Frame frame = frame_of(session, request.parts.at(0), number);
        return picture("image/png", png_of(matrix_of(frame)), true);
    });
    server.get("/evidence/(\\d+)\\.png", [&session](const Request& request) {
        const std::int64_t frames = session.store.project().source().frames;
        const std::int64_t number = number_in(request.parts.at(0), frames);
        const oldfilm::Frame frame =
            session.films.evidence()->frame(session.films.number_in_result(number));
        return picture("image/png", png_of(with_transparent_black(matrix_of(frame))), true);
    });
    server.get("/thumbnails/(before|after)/(\\d+)\\.jpg", [&session](const Request& request) {
        const std::int64_t frames = session.store.project().source().frames;
        const std::int64_t number = number_in(request.parts.at(1), frames);
        const cv::Mat made = matrix_of(frame_of(session, request.parts.at(0), number));
        return picture("image/jpeg", jpeg_of(fitted(made, thumbnail_width, thumbnail_height)),
                       true);
    });
    server.get("/clips/(before|after)/([\\w-]+)\\.mp4", [&session](const Request& request) {
        const auto file = session.proxies.of(request.parts.at(1), request.parts.at(0));
        return picture("video/mp4", content_of(file), true);
    });
}

} // namespace cli::review

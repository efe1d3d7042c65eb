#include "server.hpp"

#include "access.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace cli::review {
namespace {

using oldfilm::Errc;
using oldfilm::Error;

constexpr std::size_t largest_body = 4 << 20;
constexpr int forbidden = 403;
/// Each has a thread, and a browser keeps six for each window.
constexpr std::size_t most_connections = 32;

/// Nothing but what this server has, and no frame of another page around it.
constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src "
    "'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

int status_of(Errc code) {
    switch (code) {
    case Errc::not_found:
        return 404;
    case Errc::invalid_argument:
        return 400;
    case Errc::incompatible:
        return 409;
    case Errc::cancelled:
        return 503;
    default:
        return 500;
    }
}

void answer_error(httplib::Response& response, int status, const char* code,
                  const std::string& text) {
    const nlohmann::json document{{"error", {{"code", code}, {"text", text}}}};
    response.status = status;
    response.set_content(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                             "\n",
                         "application/json");
}

Sender sender_of(const httplib::Request& request) {
    return {.host = request.get_header_value("Host"),
            .origin = request.get_header_value("Origin"),
            .cookie = request.get_header_value("Cookie"),
            .token = request.get_header_value("X-Oldfilm-Token"),
            .is_change = request.method != "GET" && request.method != "HEAD",
            .content_type = request.get_header_value("Content-Type")};
}

Request request_of(const httplib::Request& given) {
    Request request;
    for (std::size_t i = 1; i < given.matches.size(); ++i) {
        request.parts.push_back(given.matches[i]);
    }
    request.query.insert(given.params.begin(), given.params.end());
    request.body = given.body;
    return request;
}

void answer(const Handler& handler, const httplib::Request& given, httplib::Response& response) {
    try {
        Response made = handler(request_of(given));
        if (made.status != 200) { // else the server decides: parts have another status
            response.status = made.status;
        }
        for (const auto& [name, value] : made.headers) {
            response.set_header(name, value);
        }
        response.set_content(std::move(made.body), made.type);
    } catch (const Error& error) {
        answer_error(response, status_of(error.code()), oldfilm::to_string(error.code()),
                     error.what());
    } catch (const std::exception& error) {
        answer_error(response, 500, "internal", error.what());
    }
}

/// For requests that reach no handler.
httplib::Server::HandlerResponse answer_what_is_missing(const httplib::Request& request,
                                                        httplib::Response& response) {
    constexpr int too_large = 413;
    if (response.body.empty() && response.status == too_large) {
        answer_error(response, too_large, "too_large", "the request is larger than 4 MiB");
    } else if (response.body.empty()) {
        answer_error(
            response, response.status, "not_found",
            fmt::format("{} {} is nothing that this review has", request.method, request.path));
    }
    return httplib::Server::HandlerResponse::Handled;
}

} // namespace

struct Server::Impl {
    httplib::Server server;
    std::unique_ptr<Access> access;

    /// The address with the token leads to the page without it, so that it is in no history.
    bool admit(const httplib::Request& request, httplib::Response& response) const {
        if (request.path != "/" || !request.has_param("token")) {
            return false;
        }
        Sender sender = sender_of(request);
        sender.token = request.get_param_value("token");
        if (const std::string why = access->why_not_admitted(sender); !why.empty()) {
            answer_error(response, forbidden, "refused", why);
            return true;
        }
        response.status = 303;
        response.set_header("Set-Cookie", access->cookie());
        response.set_header("Location", "/");
        return true;
    }

    httplib::Server::HandlerResponse guard(const httplib::Request& request,
                                           httplib::Response& response) const {
        using Next = httplib::Server::HandlerResponse;
        if (admit(request, response)) {
            return Next::Handled;
        }
        if (const std::string why = access->why_refused(sender_of(request)); !why.empty()) {
            answer_error(response, forbidden, "refused", why);
            return Next::Handled;
        }
        return Next::Unhandled;
    }
};

Server::Server(int port) : impl_(std::make_unique<Impl>()) {
    httplib::Server& server = impl_->server;
    // Without SO_REUSEPORT, which httplib sets: a port that is taken is an error.
    server.set_socket_options([](auto socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    const bool is_bound = port == 0 ? (port = server.bind_to_any_port("127.0.0.1")) > 0
                                    : server.bind_to_port("127.0.0.1", port);
    if (!is_bound) {
        throw Error(Errc::io, fmt::format("port {} of 127.0.0.1 cannot be used, since another "
                                          "program has it or may alone use it; choose another "
                                          "with --port, or leave that out",
                                          port));
    }
    impl_->access = std::make_unique<Access>(new_token(), port);
    server.set_payload_max_length(largest_body);
    server.set_keep_alive_max_count(1000);
    server.set_keep_alive_timeout(1); // connections that rest end before the program does
    server.new_task_queue = [] {
        return new httplib::ThreadPool(most_connections); // which the server deletes
    };
    server.set_tcp_nodelay(true);
    server.set_default_headers({{"Content-Security-Policy", content_policy},
                                {"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cross-Origin-Resource-Policy", "same-origin"},
                                {"Cross-Origin-Opener-Policy", "same-origin"}});
    server.set_pre_routing_handler(
        [this](const auto& request, auto& response) { return impl_->guard(request, response); });
    server.set_error_handler(httplib::Server::HandlerWithResponse(answer_what_is_missing));
}

Server::~Server() = default;

void Server::get(const std::string& pattern, Handler handler) {
    impl_->server.Get(pattern, [handler = std::move(handler)](const auto& request, auto& response) {
        answer(handler, request, response);
    });
}

void Server::post(const std::string& pattern, Handler handler) {
    impl_->server.Post(pattern,
                       [handler = std::move(handler)](const auto& request, auto& response) {
                           answer(handler, request, response);
                       });
}

std::string Server::address() const {
    return impl_->access->address();
}

void Server::serve() {
    impl_->server.listen_after_bind();
}

void Server::stop() {
    impl_->server.stop();
}

} // namespace cli::review

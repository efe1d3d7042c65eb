#pragma once
/// \file
/// HTTP on this machine's loopback. The only file that includes cpp-httplib is server.cpp.

#include "http.hpp"

#include <memory>
#include <string>

namespace cli::review {

/// Serves until it is stopped. Every request needs the token of `Access`; the first load of the
/// page has it in its address and gets it as a cookie. Errors are {"error": {"code", "text"}}.
class Server {
  public:
    /// Takes `port` on 127.0.0.1, or, with 0, any that is free. Throws `oldfilm::Error` (io).
    explicit Server(int port);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Answers GET requests whose whole path the regular expression `pattern` matches. Before
    /// `serve` only, as `post`.
    void get(const std::string& pattern, Handler handler);
    /// Answers POST requests.
    void post(const std::string& pattern, Handler handler);
    /// The address of the page, with the token.
    [[nodiscard]] std::string address() const;
    /// Answers requests, on threads of its own, until `stop` is called.
    void serve();
    /// Any thread.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace cli::review

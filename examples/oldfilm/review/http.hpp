#pragma once
/// \file
/// Requests and responses, as handlers see them.

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cli::review {

/// The body of a response: small, and complete.
struct Response {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::map<std::string, std::string> headers;
};

struct Request {
    std::vector<std::string> parts; ///< of the path: what the pattern's groups matched
    std::map<std::string, std::string> query;
    std::string body;
};

/// Called on any thread, several at a time. Errors that it throws become a response.
using Handler = std::function<Response(const Request&)>;

} // namespace cli::review

#include "access.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>

namespace cli::review {
namespace {

/// The value of a cookie in the header `Cookie`.
std::string cookie_value(const std::string& header, const std::string& name) {
    for (std::size_t at = 0; at < header.size();) {
        const std::size_t end = std::min(header.find(';', at), header.size());
        const std::size_t begin = std::min(header.find_first_not_of(' ', at), end);
        const std::string pair = header.substr(begin, end - begin);
        if (pair.starts_with(name + "=")) {
            return pair.substr(name.size() + 1);
        }
        at = end + 1;
    }
    return "";
}

} // namespace

std::string new_token() {
    std::array<unsigned char, 32> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        throw oldfilm::Error(oldfilm::Errc::io, "the system has no random numbers for a token");
    }
    std::string token;
    for (const unsigned char byte : bytes) {
        token += fmt::format("{:02x}", byte);
    }
    return token;
}

Access::Access(std::string token, int port) : token_(std::move(token)), port_(port) {}

std::string Access::cookie_name() const {
    return fmt::format("oldfilm-review-{}", port_); // cookies do not tell ports apart
}

std::string Access::cookie() const {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name(), token_);
}

std::string Access::address() const {
    return fmt::format("http://127.0.0.1:{}/?token={}", port_, token_);
}

bool Access::is_token(const std::string& text) const {
    // In a time that does not tell how much of it is right.
    unsigned difference = text.size() == token_.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(text.size(), token_.size()); ++i) {
        difference |= static_cast<unsigned char>(text[i] ^ token_[i]);
    }
    return difference == 0;
}

std::string Access::why_foreign(const Sender& sender) const {
    const std::array hosts{fmt::format("127.0.0.1:{}", port_), fmt::format("localhost:{}", port_),
                           fmt::format("[::1]:{}", port_)};
    if (std::find(hosts.begin(), hosts.end(), sender.host) == hosts.end()) {
        return fmt::format("the host {} is not this machine; open the address that oldfilm review "
                           "printed",
                           sender.host.empty() ? "(none)" : sender.host);
    }
    if (!sender.origin.empty() && sender.origin != "http://" + sender.host) {
        return fmt::format("the page {} has no access; open the address that oldfilm review "
                           "printed",
                           sender.origin);
    }
    return "";
}

std::string Access::why_not_admitted(const Sender& sender) const {
    const std::string foreign = why_foreign(sender);
    if (!foreign.empty() || is_token(sender.token)) {
        return foreign;
    }
    return "the token in the address is not that of this review; open the address that oldfilm "
           "review printed";
}

std::string Access::why_refused(const Sender& sender) const {
    if (const std::string foreign = why_foreign(sender); !foreign.empty()) {
        return foreign;
    }
    if (!is_token(sender.token) && !is_token(cookie_value(sender.cookie, cookie_name()))) {
        return "the request has no token of this review; open the address that oldfilm review "
               "printed";
    }
    if (sender.is_change && !sender.content_type.starts_with("application/json")) {
        return fmt::format("a change is sent as application/json, found {}",
                           sender.content_type.empty() ? "nothing" : sender.content_type);
    }
    return "";
}

} // namespace cli::review

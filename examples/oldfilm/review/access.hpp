#pragma once
/// \file
/// Who may talk to the server: the page that this program opened, and nobody else.

#include <string>

namespace cli::review {

/// A token that cannot be guessed: 256 random bits, hexadecimal. Throws `oldfilm::Error` (io).
std::string new_token();

/// What a request says of where it comes from; empty where it says nothing.
struct Sender {
    std::string host, origin, cookie, token;
    bool is_change = false;   ///< it asks for a change (POST)
    std::string content_type; ///< of its body
};

/// The rules:
///  - `Host` is a name of this machine's loopback with the server's port, so that no other name
///    leads here (DNS rebinding);
///  - `Origin`, where there is one, is the page's own;
///  - the token is there, in a cookie or in the header X-Oldfilm-Token;
///  - a change is JSON, which no form of another page can send.
class Access {
  public:
    Access(std::string token, int port);
    /// Why a request is refused; empty if it is not.
    [[nodiscard]] std::string why_refused(const Sender& sender) const;
    /// The same for the first load, which has the token in its address.
    [[nodiscard]] std::string why_not_admitted(const Sender& sender) const;
    /// The cookie that the first load sets.
    [[nodiscard]] std::string cookie() const;
    /// The address of the page, with the token.
    [[nodiscard]] std::string address() const;

  private:
    [[nodiscard]] std::string why_foreign(const Sender& sender) const;
    [[nodiscard]] bool is_token(const std::string& text) const;
    [[nodiscard]] std::string cookie_name() const;

    std::string token_;
    int port_;
};

} // namespace cli::review

#pragma once
/// \file
/// Ids of stages as users write them: those of this project have short names.

#include <string>
#include <string_view>

namespace oldfilm::base {

/// What the ids of this project's stages begin with.
constexpr std::string_view own_stages = "org.oldfilm.";

/// "org.oldfilm.denoise" for "denoise"; a full id stays what it is.
[[nodiscard]] inline std::string full_id(const std::string& id) {
    return id.find('.') == std::string::npos ? std::string(own_stages) + id : id;
}

/// "denoise" for "org.oldfilm.denoise"; other ids stay what they are.
[[nodiscard]] inline std::string short_name(const std::string& id) {
    return id.starts_with(own_stages) ? id.substr(own_stages.size()) : id;
}

} // namespace oldfilm::base

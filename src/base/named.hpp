#pragma once
/// \file
/// Enumerators from documents.

#include <algorithm>
#include <optional>
#include <string>

namespace oldfilm::base {

/// The one of `all` that `to_string` gives this name; nothing if none has it.
template <class Enumerators>
[[nodiscard]] std::optional<typename Enumerators::value_type> named(const std::string& name,
                                                                    const Enumerators& all) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&name](auto one) { return name == to_string(one); });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

} // namespace oldfilm::base

#pragma once
// Catch2 3 for tests that are written for 2 as well: the one header, and the names that 3 took
// away.
#include <catch2/catch_all.hpp>

#include <string>

namespace Catch {

inline auto Contains(const char* part) {
    return Matchers::ContainsSubstring(part);
}
inline auto Contains(const std::string& part) {
    return Matchers::ContainsSubstring(part);
}

using Matchers::EndsWith;
using Matchers::StartsWith;

namespace Matchers {
using Catch::Contains;
}

} // namespace Catch
using Catch::Approx;

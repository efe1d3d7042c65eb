#include <oldfilm/evidence.hpp>

#include <cstddef>
#include <utility>

namespace oldfilm {
namespace {

struct KindOfEvidence {
    const char* name;
    /// Distinguishable for color-blind people (Okabe and Ito, 2008).
    std::array<std::uint8_t, 3> color;
};

constexpr std::array<KindOfEvidence, evidence_kinds> kinds{{
    {"original", {0, 0, 0}},
    {"resampled", {0, 114, 178}},
    {"recolored", {86, 180, 233}},
    {"recovered", {0, 158, 115}},
    {"filled", {240, 228, 66}},
    {"synthesized", {213, 94, 0}},
}};

const KindOfEvidence& row_of(Evidence kind) {
    return kinds.at(static_cast<std::size_t>(kind));
}

} // namespace

const char* to_string(Evidence kind) {
    return row_of(kind).name;
}

std::array<std::uint8_t, 3> palette_color(Evidence kind) {
    return row_of(kind).color;
}

} // namespace oldfilm

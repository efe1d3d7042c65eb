#pragma once
/// \file
/// What a repair was for, by its shape and by how long it stays. docs/ledger.md has the rules.

#include <oldfilm/ledger.hpp>

#include <cstdint>

namespace oldfilm::project {

/// Size of the film's pictures.
struct PictureSize {
    std::int64_t width = 0, height = 0;
};

/// Whether the repair is a narrow upright line, as a piece of a running scratch is.
bool is_upright_line(const Repair& repair, const PictureSize& size);

/// Whether `later`, in the same frame or in the one after it, belongs to the series of `earlier`:
/// upright lines in one column, or repairs of one place.
bool continues(const Repair& later, const Repair& earlier, const PictureSize& size);

/// The kind of a repair in a series that is in `frames` frames so far.
RepairKind kind_of(const Repair& repair, std::int64_t frames, const PictureSize& size);

/// Area of the intersection of both boxes, as a share of that of their union.
double overlap(const Repair& a, const Repair& b);

} // namespace oldfilm::project

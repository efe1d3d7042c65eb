#pragma once
/// \file
/// The numbers of ITU-R BT.601, BT.709, BT.2020 and H.273, for whoever converts samples.

#include "media/convert.hpp"
#include "media/rows.hpp"

namespace oldfilm::media {

struct Weights {
    double red, blue;
};

/// Kr and Kb of H.273's matrix codes.
inline Weights weights_of(int matrix) {
    switch (matrix) {
    case AVCOL_SPC_BT709:
        return {0.2126, 0.0722};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return {0.2627, 0.0593};
    case AVCOL_SPC_SMPTE240M:
        return {0.212, 0.087};
    case AVCOL_SPC_FCC:
        return {0.30, 0.11};
    default:
        return {0.299, 0.114};
    }
}

inline Matrix matrix_of(const Weights& w) {
    const double green = 1 - w.red - w.blue;
    return {
        static_cast<float>(2 * (1 - w.red)), static_cast<float>(-2 * w.blue * (1 - w.blue) / green),
        static_cast<float>(-2 * w.red * (1 - w.red) / green), static_cast<float>(2 * (1 - w.blue))};
}

inline LumaCoefficients luma_coefficients(const Weights& w) {
    return {static_cast<float>(w.red), static_cast<float>(1 - w.red - w.blue),
            static_cast<float>(w.blue), static_cast<float>(0.5 / (1 - w.blue)),
            static_cast<float>(0.5 / (1 - w.red))};
}

/// sample = value * scale + offset.
struct Coding {
    double scale, offset;
};

inline Scaling scaling_of(const Coding& coding) {
    return {static_cast<float>(coding.offset), static_cast<float>(1 / coding.scale)};
}

inline Coding luma_coding(const Layout& layout, Range range) {
    if (layout.real) {
        return {1, 0};
    }
    const double top = (1 << layout.bits) - 1;
    const double unit = 1 << (layout.bits - 8);
    return range == Range::limited ? Coding{219 * unit, 16 * unit} : Coding{top, 0};
}

inline Coding chroma_coding(const Layout& layout, Range range) {
    const double top = (1 << layout.bits) - 1;
    const double unit = 1 << (layout.bits - 8);
    return range == Range::limited ? Coding{224 * unit, 128 * unit} : Coding{top, 128 * unit};
}

/// Place of chroma sample 0 in luma samples, along one axis.
inline double phase(bool horizontal, int factor, ChromaSiting siting) {
    const bool cosited =
        siting == ChromaSiting::top_left || (horizontal && siting != ChromaSiting::center);
    return cosited ? 0 : (factor - 1) / 2.0;
}

/// The same along the columns of one field (0: top), in its own lines: of fields that are
/// subsampled one by one, so that the samples of both together lie as those of a frame do.
inline double field_phase(int field, int factor, ChromaSiting siting) {
    const double top = phase(false, factor, siting) / 2;
    return top == 0 || field == 0 ? top : factor - 1 - top;
}

/// Where lines of a plane belong to fields.
inline bool is_by_fields(const Layout& layout, std::int64_t chroma_lines) {
    return layout.by_fields && layout.log2_y > 0 && chroma_lines > 1;
}

} // namespace oldfilm::media

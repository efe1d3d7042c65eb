#include "media/dpx_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace oldfilm::media {
namespace {

// Where ST 268 has its fields.
enum Place : std::size_t {
    data_offset = 4,
    file_size = 16,
    generic_size = 24,
    industry_size = 28,
    creator = 160,
    elements = 770,
    pixels_a_line = 772,
    lines = 776,
    descriptor = 800,
    transfer_code = 801,
    primaries_code = 802,
    bit_depth = 803,
    packing = 804,
    encoding = 806,
    element_offset = 808,
    end_of_line_padding = 812,
    film_frame_position = 1712,
    film_rate = 1724,
    film_texts = 1732,
    television_timecode = 1920,
    television_rate = 1940,
};
constexpr std::size_t generic_header = 1664, whole_header = 2048;
constexpr std::uint32_t undefined = 0xFFFFFFFF;

std::uint32_t get(std::span<const std::uint8_t> from, std::size_t place, int bytes, bool big) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) {
        const auto shift = static_cast<unsigned>(8 * (big ? bytes - 1 - i : i));
        value |= std::uint32_t{from[place + static_cast<std::size_t>(i)]} << shift;
    }
    return value;
}

void put(std::vector<std::uint8_t>& to, std::size_t place, std::uint32_t value, bool big) {
    for (unsigned i = 0; i < 4; ++i) {
        to[place + i] = static_cast<std::uint8_t>(value >> (8 * (big ? 3 - i : i)));
    }
}

/// 23.976 as it is meant.
Rational rate_of(float stated) {
    if (!std::isfinite(stated) || stated < 1 || stated > 1000) {
        return {};
    }
    const double value = stated;
    const auto near = static_cast<std::int64_t>(std::lround(value));
    if (std::abs(value - static_cast<double>(near)) < 0.001) {
        return Rational(near);
    }
    const auto slower = static_cast<std::int64_t>(std::lround(value * 1.001));
    if (std::abs(value - static_cast<double>(slower) / 1.001) < 0.01) {
        return {slower * 1000, 1001};
    }
    return {static_cast<std::int64_t>(std::lround(value * 1000)), 1000};
}

int components(int described) {
    switch (described) {
    case 50:  // RGB
    case 102: // CbYCr
        return 3;
    case 51: // RGBA
    case 52: // ABGR
    case 103:
        return 4;
    case 100: // CbYCrY
        return 2;
    default:
        return described <= 8 ? 1 : 0;
    }
}

/// Bytes of the samples, where they are laid out in one of the usual ways.
std::int64_t bytes_of(const DpxHeader& header, int samples_a_pixel, int bits, int packed) {
    const std::int64_t samples = header.width * samples_a_pixel;
    if (packed == 0 && bits != 8 && bits != 16) {
        return samples * header.height * bits / 8; // rows may end in the middle of a word
    }
    switch (bits) {
    case 8:
        return samples * header.height;
    case 10:
        return samples * header.height / 3 * 4;
    case 12:
    case 16:
        return samples * header.height * 2;
    default:
        return 0;
    }
}

/// hh:mm:ss:ff of eight decimal digits, each in four bits; empty where they are no time.
std::string timecode_of(std::uint32_t coded) {
    const bool drops = (coded & 0x40U) != 0;
    const std::uint32_t digits = coded & 0x3F7F7F3FU;
    const auto two = [&](unsigned shift) { return fmt::format("{:02x}", digits >> shift & 0xFFU); };
    const std::string text = two(24) + ":" + two(16) + ":" + two(8) + (drops ? ";" : ":") + two(0);
    const bool decimal = text.find_first_of("abcdef") == std::string::npos;
    return coded != undefined && decimal && text.substr(0, 2) < "24" && text.substr(3, 2) < "60" &&
                   text.substr(6, 2) < "60"
               ? text
               : "";
}

std::uint32_t coded_timecode(const std::string& text) {
    std::uint32_t coded = text.find(';') != std::string::npos ? 0x40U : 0U;
    unsigned shift = 28;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            coded |= static_cast<std::uint32_t>(c - '0') << shift;
            shift -= 4;
        }
    }
    return coded;
}

} // namespace

std::optional<DpxHeader> parse_dpx(std::span<const std::uint8_t> start) {
    if (start.size() < generic_header) {
        return std::nullopt;
    }
    const bool big = std::memcmp(start.data(), "SDPX", 4) == 0;
    if (!big && std::memcmp(start.data(), "XPDS", 4) != 0) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t place, int bytes) { return get(start, place, bytes, big); };
    DpxHeader header;
    header.width = number(pixels_a_line, 4);
    header.height = number(lines, 4);
    const std::int64_t offset = number(data_offset, 4);
    if (header.width == 0 || header.height == 0 || header.width > 1 << 20 ||
        header.height > 1 << 20 || offset < static_cast<std::int64_t>(generic_header)) {
        return std::nullopt;
    }
    header.transfer = start[transfer_code];
    header.primaries = start[primaries_code];
    header.by_ffmpeg = std::memcmp(&start[creator], "Lavc", 4) == 0;
    if (number(elements, 2) == 1 && number(encoding, 2) == 0) {
        const std::int64_t samples =
            bytes_of(header, components(start[descriptor]), start[bit_depth],
                     static_cast<int>(number(packing, 2)));
        header.bytes = samples > 0 ? offset + samples : 0;
    }
    // The headers of film and television are there where the picture doesn't begin before.
    if (start.size() >= whole_header && offset >= static_cast<std::int64_t>(whole_header)) {
        const auto real = [&](std::size_t place) { return std::bit_cast<float>(number(place, 4)); };
        header.rate = rate_of(real(film_rate));
        header.rate = header.rate.num() > 0 ? header.rate : rate_of(real(television_rate));
        header.timecode = timecode_of(number(television_timecode, 4));
    }
    return header;
}

std::optional<DpxHeader> read_dpx(const std::filesystem::path& file) {
    std::array<std::uint8_t, whole_header> start{};
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(start.data()), start.size());
    return parse_dpx(std::span(start).first(static_cast<std::size_t>(stream.gcount())));
}

std::string dpx_transfer_name(int transfer) {
    return transfer == 1 ? "printing density" : transfer == 3 ? "logarithmic" : "";
}

std::vector<std::uint8_t> with_dpx_header(std::span<const std::uint8_t> file,
                                          const DpxHeader& fields, std::int64_t frame) {
    const bool big = file.size() > 4 && file[0] == 'S';
    const std::size_t offset = file.size() > generic_header ? get(file, data_offset, 4, big) : 0;
    if (offset < generic_header || offset > file.size()) {
        return {file.begin(), file.end()};
    }
    std::vector<std::uint8_t> made(file.begin(), file.begin() + generic_header);
    made.resize(whole_header, 0xFF); // undefined
    made.insert(made.end(), file.begin() + static_cast<std::ptrdiff_t>(offset), file.end());
    put(made, data_offset, whole_header, big);
    put(made, file_size, static_cast<std::uint32_t>(made.size()), big);
    put(made, generic_size, generic_header, big);
    put(made, industry_size, whole_header - generic_header, big);
    put(made, element_offset, whole_header, big);
    made[transfer_code] = static_cast<std::uint8_t>(fields.transfer);
    made[primaries_code] = static_cast<std::uint8_t>(fields.primaries);
    std::fill(made.begin() + generic_header, made.begin() + film_frame_position, std::uint8_t{0});
    std::fill(made.begin() + film_texts, made.begin() + television_timecode, std::uint8_t{0});
    put(made, film_frame_position, static_cast<std::uint32_t>(frame), big);
    if (fields.rate.num() > 0) {
        const auto rate = std::bit_cast<std::uint32_t>(static_cast<float>(fields.rate.value()));
        put(made, film_rate, rate, big);
        put(made, television_rate, rate, big);
    }
    if (!fields.timecode.empty()) {
        put(made, television_timecode, coded_timecode(fields.timecode), big);
    }
    return made;
}

} // namespace oldfilm::media

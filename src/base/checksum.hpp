#pragma once
/// \file
/// Telling whether data are the same as before. Against accidents, not against attackers.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

namespace oldfilm::base {

/// FNV-1a, 64 bit (Fowler, Noll, Vo), of `data` after what `before` stands for.
constexpr std::uint64_t checksum(std::string_view data,
                                 std::uint64_t before = 0xcbf29ce484222325U) {
    for (const char c : data) {
        before = (before ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return before;
}

/// Of a file's content; 0 when it cannot be read. `most`: only so many bytes of its beginning and
/// of its end.
inline std::uint64_t file_checksum(const std::filesystem::path& path, std::int64_t most = -1) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        return 0;
    }
    const auto size = static_cast<std::int64_t>(file.tellg());
    std::uint64_t sum = checksum("");
    std::vector<char> piece(1 << 16);
    const auto add = [&](std::int64_t from, std::int64_t to) {
        file.seekg(from);
        while (from < to &&
               file.read(piece.data(), std::min<std::int64_t>(to - from, std::ssize(piece)))) {
            sum = checksum({piece.data(), static_cast<std::size_t>(file.gcount())}, sum);
            from += file.gcount();
        }
    };
    if (most < 0 || size <= 2 * most) {
        add(0, size);
    } else {
        add(0, most);
        add(size - most, size);
    }
    return sum;
}

} // namespace oldfilm::base

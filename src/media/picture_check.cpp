#include "media/picture_check.hpp"

#include "media/dpx_header.hpp"
#include "media/locations.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <span>
#include <vector>

namespace oldfilm::media {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr const char* cut_off = "is cut off";
constexpr const char* no_header = "has a broken header";

/// A file that is looked into here and there.
class File {
  public:
    explicit File(const fs::path& path) : stream_(path, std::ios::binary) {
        stream_.seekg(0, std::ios::end);
        size_ = stream_ ? static_cast<std::int64_t>(stream_.tellg()) : -1;
    }
    [[nodiscard]] std::int64_t size() const { return size_; } ///< -1: it can't be read
    /// Up to `count` bytes from `place` on.
    Bytes read(std::int64_t place, std::int64_t count) {
        if (place < 0 || place >= size_) {
            return {};
        }
        Bytes bytes(static_cast<std::size_t>(std::min(count, size_ - place)));
        stream_.clear();
        stream_.seekg(place);
        stream_.read(reinterpret_cast<char*>(bytes.data()),
                     static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(stream_.gcount()));
        return bytes;
    }
    /// A number of up to 8 bytes; 0 beyond the end.
    std::uint64_t number(std::int64_t place, int bytes, bool big) {
        const Bytes read_bytes = read(place, bytes);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < read_bytes.size(); ++i) {
            const std::size_t digit = big ? read_bytes.size() - 1 - i : i;
            value |= std::uint64_t{read_bytes[i]} << (8 * digit);
        }
        return value;
    }

  private:
    std::ifstream stream_;
    std::int64_t size_ = -1;
};

bool starts_with(const Bytes& bytes, std::string_view mark, std::size_t place = 0) {
    return bytes.size() >= place + mark.size() &&
           std::memcmp(bytes.data() + place, mark.data(), mark.size()) == 0;
}

/// Whether the mark is among the file's last bytes, behind which some programs write notes, or
/// anywhere in it.
bool ends_with(File& file, std::string_view mark) {
    for (const std::int64_t count : {std::int64_t{4096}, file.size()}) {
        const Bytes bytes = file.read(std::max<std::int64_t>(file.size() - count, 0), count);
        const auto found =
            std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end(),
                        [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
        if (found != bytes.end()) {
            return true;
        }
    }
    return false;
}

std::string dpx_fault(File& file) {
    const std::optional<DpxHeader> header = parse_dpx(file.read(0, 2048));
    if (!header) {
        return no_header;
    }
    return file.size() < header->bytes ? cut_off : "";
}

std::string png_fault(File& file) {
    const Bytes start = file.read(0, 33);
    if (!starts_with(start, "\x89PNG\r\n\x1a\n") || !starts_with(start, "IHDR", 12)) {
        return no_header;
    }
    return ends_with(file, "IEND") ? "" : cut_off;
}

std::string jpeg_fault(File& file) {
    if (!starts_with(file.read(0, 3), "\xFF\xD8\xFF")) {
        return no_header;
    }
    return ends_with(file, "\xFF\xD9") ? "" : cut_off;
}

/// A codestream, or boxes with one in them (ISO/IEC 15444-1).
std::string jpeg2000_fault(File& file) {
    if (starts_with(file.read(0, 4), "\xFF\x4F\xFF\x51")) {
        return ends_with(file, "\xFF\xD9") ? "" : cut_off;
    }
    if (!starts_with(file.read(4, 8), std::string_view("jP  \r\n\x87\n", 8))) {
        return no_header;
    }
    for (std::int64_t place = 0; place < file.size();) {
        auto length = static_cast<std::int64_t>(file.number(place, 4, true));
        length = length == 1 ? static_cast<std::int64_t>(file.number(place + 8, 8, true)) : length;
        if (length == 0) {
            return ends_with(file, "\xFF\xD9") ? "" : cut_off;
        }
        if (length < 8 || place > file.size() - length) {
            return cut_off;
        }
        place += length;
    }
    return "";
}

/// Where a TIFF's strips or tiles end, at the furthest; 0 where its directory can't be read.
std::int64_t tiff_end(File& file, bool big, std::int64_t directory) {
    struct Entry {
        int bytes = 0;
        std::int64_t count = 0, place = 0;
    };
    std::map<std::uint64_t, Entry> entries;
    const auto count = static_cast<std::int64_t>(file.number(directory, 2, big));
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t place = directory + 2 + 12 * i;
        Entry entry;
        entry.bytes = file.number(place + 2, 2, big) == 3 ? 2 : 4;
        entry.count = static_cast<std::int64_t>(file.number(place + 4, 4, big));
        entry.place = entry.count * entry.bytes <= 4
                          ? place + 8
                          : static_cast<std::int64_t>(file.number(place + 8, 4, big));
        entries[file.number(place, 2, big)] = entry;
    }
    std::int64_t end = 0;
    for (const auto& [offsets, lengths] : {std::pair(273, 279), std::pair(324, 325)}) {
        const auto where = entries.find(static_cast<std::uint64_t>(offsets));
        const auto how_long = entries.find(static_cast<std::uint64_t>(lengths));
        if (where == entries.end() || how_long == entries.end()) {
            continue;
        }
        // The last one is the furthest in every file that was written from top to bottom.
        const auto last = [&](const Entry& entry) {
            return static_cast<std::int64_t>(
                file.number(entry.place + (entry.count - 1) * entry.bytes, entry.bytes, big));
        };
        end = std::max(end, last(where->second) + last(how_long->second));
    }
    return end;
}

std::string tiff_fault(File& file) {
    const Bytes start = file.read(0, 8);
    const bool big = starts_with(start, std::string_view("MM\0\x2A", 4));
    const bool large = starts_with(start, std::string_view("II\x2B\0", 4)) ||
                       starts_with(start, std::string_view("MM\0\x2B", 4));
    if (large) {
        return ""; // BigTIFF: decoding tells
    }
    if (!big && !starts_with(start, std::string_view("II\x2A\0", 4))) {
        return no_header;
    }
    const auto directory = static_cast<std::int64_t>(file.number(4, 4, big));
    if (directory < 8) {
        return no_header;
    }
    const auto entries = static_cast<std::int64_t>(file.number(directory, 2, big));
    if (entries == 0 || directory + 2 + 12 * entries > file.size()) {
        return cut_off;
    }
    return tiff_end(file, big, directory) > file.size() ? cut_off : "";
}

/// An OpenEXR file of one part: its table says where each block of lines begins.
std::string exr_fault(File& file) {
    constexpr std::int64_t most_header = 1 << 16;
    const Bytes header = file.read(0, most_header);
    if (!starts_with(header, "\x76\x2F\x31\x01") || header.size() < 12) {
        return no_header;
    }
    constexpr std::uint8_t tiled_deep_or_more_parts = 0x1A;
    const bool plain = (header[5] & tiled_deep_or_more_parts) == 0;
    int lines = 0;
    int lines_a_block = 1;
    std::size_t place = 8;
    const auto text = [&] { // up to its zero
        const auto end = std::find(header.begin() + static_cast<std::ptrdiff_t>(place),
                                   header.end(), std::uint8_t{0});
        const std::string found(header.begin() + static_cast<std::ptrdiff_t>(place), end);
        place += found.size() + 1;
        return found;
    };
    while (place < header.size() && header[place] != 0) {
        const std::string name = text();
        text(); // its type
        const auto size = file.number(static_cast<std::int64_t>(place), 4, false);
        const auto value = static_cast<std::int64_t>(place) + 4;
        if (name == "dataWindow") {
            lines = static_cast<int>(static_cast<std::int32_t>(file.number(value + 12, 4, false)) -
                                     static_cast<std::int32_t>(file.number(value + 4, 4, false))) +
                    1;
        } else if (name == "compression") {
            constexpr int by_code[] = {1, 1, 1, 16, 32, 16, 32, 32, 32, 256};
            const auto code = file.number(value, 1, false);
            lines_a_block = code < std::size(by_code) ? by_code[code] : 256;
        }
        place = static_cast<std::size_t>(value) + size;
    }
    if (place >= header.size()) {
        return header.size() < most_header ? cut_off : "";
    }
    if (lines <= 0) {
        return no_header;
    }
    if (!plain) {
        return ""; // decoding tells
    }
    const std::int64_t blocks = (lines + lines_a_block - 1) / lines_a_block;
    const auto table = static_cast<std::int64_t>(place) + 1;
    for (const std::int64_t block : {std::int64_t{0}, blocks - 1}) {
        const auto at = static_cast<std::int64_t>(file.number(table + 8 * block, 8, false));
        const auto size = static_cast<std::int64_t>(file.number(at + 4, 4, false));
        if (at <= 0 || at + 8 + size > file.size()) {
            return cut_off; // or never finished
        }
    }
    return "";
}

} // namespace

std::string picture_fault(const fs::path& path) {
    static const std::map<std::string, std::string (*)(File&)> checks{
        {".dpx", dpx_fault},      {".png", png_fault},      {".jpg", jpeg_fault},
        {".jpeg", jpeg_fault},    {".jp2", jpeg2000_fault}, {".j2k", jpeg2000_fault},
        {".j2c", jpeg2000_fault}, {".tif", tiff_fault},     {".tiff", tiff_fault},
        {".exr", exr_fault}};
    File file(path);
    if (file.size() <= 0) {
        return file.size() == 0 ? "is empty" : "can't be read";
    }
    const auto check = checks.find(extension_of(path));
    return check == checks.end() ? "" : check->second(file);
}

} // namespace oldfilm::media

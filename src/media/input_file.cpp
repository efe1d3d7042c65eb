#include "media/input_file.hpp"

#include "media/locations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <string_view>

namespace oldfilm::media {
namespace {

/// What the outermost elements of a container say of its length.
struct Lengths {
    std::int64_t bytes = 0; ///< where the last of them ends; 0: they don't say
    bool has_no_end = false;
};

/// Numbers of a file, one after the other.
class Numbers {
  public:
    explicit Numbers(const std::string& path) : file_(path, std::ios::binary) {}
    /// Of so many bytes; nothing where the file ends before.
    std::optional<std::uint64_t> big_endian(int bytes) {
        std::array<char, 8> read{};
        if (!file_.read(read.data(), bytes)) {
            return std::nullopt;
        }
        std::uint64_t value = 0;
        for (int i = 0; i < bytes; ++i) {
            value = value << 8U | static_cast<unsigned char>(read[static_cast<std::size_t>(i)]);
        }
        return value;
    }
    std::optional<std::uint32_t> little_endian_32() {
        const auto value = big_endian(4);
        return value ? std::optional(__builtin_bswap32(static_cast<std::uint32_t>(*value)))
                     : std::nullopt;
    }
    void go_to(std::int64_t place) { file_.seekg(place); }
    std::int64_t place() { return file_.tellg(); }

  private:
    std::ifstream file_;
};

/// EBML's length of an element: as many further bytes as the first one has leading zeros; all ones
/// for one that is not known. Nothing where it is invalid.
std::optional<std::int64_t> ebml_length(Numbers& numbers) {
    constexpr std::int64_t unknown = -1;
    const auto first = numbers.big_endian(1);
    if (!first || *first == 0) {
        return std::nullopt;
    }
    int more = 0;
    while ((*first << static_cast<unsigned>(more) & 0x80U) == 0) {
        ++more;
    }
    const auto rest = more > 0 ? numbers.big_endian(more) : std::optional<std::uint64_t>(0);
    if (!rest) {
        return std::nullopt;
    }
    const auto bits = static_cast<unsigned>(7 * (more + 1));
    const std::uint64_t all_ones = (std::uint64_t{1} << bits) - 1;
    const std::uint64_t value = (*first << static_cast<unsigned>(8 * more) | *rest) & all_ones;
    return value == all_ones ? unknown : static_cast<std::int64_t>(value);
}

/// Matroska and WebM: a header, and one segment that has everything.
Lengths matroska(Numbers numbers) {
    constexpr std::uint64_t header = 0x1A45DFA3;
    constexpr std::uint64_t segment = 0x18538067;
    if (numbers.big_endian(4) != header) {
        return {};
    }
    const auto header_length = ebml_length(numbers);
    if (!header_length || *header_length < 0) {
        return {};
    }
    numbers.go_to(numbers.place() + *header_length);
    if (numbers.big_endian(4) != segment) {
        return {};
    }
    const auto length = ebml_length(numbers);
    if (!length) {
        return {};
    }
    return *length < 0 ? Lengths{0, true} : Lengths{numbers.place() + *length, false};
}

/// AVI: RIFF chunks, one after the other.
Lengths avi(Numbers numbers, std::int64_t size) {
    constexpr std::uint64_t riff = 0x52494646;
    std::int64_t place = 0;
    while (place < size && numbers.big_endian(4) == riff) {
        const auto length = numbers.little_endian_32();
        if (!length || *length == 0 || *length == 0xFFFFFFFF) {
            return {0, true};
        }
        place += 8 + std::int64_t{*length};
        numbers.go_to(place + place % 2);
    }
    return {place, false};
}

/// MP4 in fragments: each a box of descriptions and one of data.
Lengths fragments(Numbers numbers, std::int64_t size) {
    constexpr std::uint64_t moof = 0x6D6F6F66;
    constexpr std::uint64_t mdat = 0x6D646174;
    bool has_fragments = false;
    for (std::int64_t place = 0; place + 8 <= size;) {
        numbers.go_to(place);
        auto length = numbers.big_endian(4);
        const auto kind = numbers.big_endian(4);
        if (length == 1U) {
            length = numbers.big_endian(8);
        }
        if (!length || !kind || *length < 8) {
            break; // to the end, or none
        }
        has_fragments = has_fragments || kind == moof;
        place += static_cast<std::int64_t>(std::min<std::uint64_t>(*length, INT64_MAX / 2));
        if (place > size && has_fragments && (kind == moof || kind == mdat)) {
            return {place, false};
        }
    }
    return {};
}

/// Transport streams: packets of one size.
Lengths transport(Numbers numbers, std::int64_t size) {
    constexpr std::uint64_t sync = 0x47;
    for (const std::int64_t packet : {188, 192, 204}) {
        const std::int64_t first = packet == 192 ? 4 : 0;
        bool fits = size > 4 * packet;
        for (int i = 0; fits && i < 4; ++i) {
            numbers.go_to(first + i * packet);
            fits = numbers.big_endian(1) == sync;
        }
        if (fits) {
            return {(size + packet - 1) / packet * packet, false};
        }
    }
    return {};
}

Lengths lengths_of(const std::string& path, std::string_view format, std::int64_t size) {
    Numbers numbers(path);
    return format.starts_with("matroska") ? matroska(std::move(numbers))
           : format == "avi"              ? avi(std::move(numbers), size)
           : format.starts_with("mov")    ? fragments(std::move(numbers), size)
           : format == "mpegts"           ? transport(std::move(numbers), size)
                                          : Lengths{};
}

} // namespace

InputFile::InputFile(const std::string& path, const AVFormatContext& container)
    : path_(path), container_(container) {
    if (is_pipe(path) || !scheme_of(path).empty() || is_sequence(path)) {
        return;
    }
    before_ = state();
    if (before_) {
        const Lengths lengths = lengths_of(path, container.iformat->name, before_->st_size);
        announced_ = lengths.bytes;
        has_no_end_ = lengths.has_no_end;
    }
}

std::optional<struct stat> InputFile::state() const {
    struct stat state {};
    if (stat(path_.c_str(), &state) != 0 || !S_ISREG(state.st_mode)) {
        return std::nullopt;
    }
    return state;
}

/// Whether an index that lies before the data speaks of more than there is.
bool InputFile::is_cut_off(std::int64_t bytes) const {
    if (std::string_view(container_.iformat->name).find("mov") != 0) {
        return false;
    }
    for (unsigned i = 0; i < container_.nb_streams; ++i) {
        AVStream* stream = container_.streams[i];
        const int entries = avformat_index_get_entries_count(stream);
        for (int k = entries - 1; k >= 0; --k) {
            const AVIndexEntry* entry = avformat_index_get_entry(stream, k);
            if (entry != nullptr && entry->pos + entry->size > bytes) {
                return true;
            }
        }
    }
    return false;
}

std::string InputFile::missing() const {
    const auto now = state();
    if (!before_ || !now) {
        return "";
    }
    if (now->st_size != before_->st_size || now->st_mtim.tv_sec != before_->st_mtim.tv_sec ||
        now->st_mtim.tv_nsec != before_->st_mtim.tv_nsec) {
        return fmt::format("its file changed while it was read, from {} bytes to {}",
                           before_->st_size, now->st_size);
    }
    if (announced_ > now->st_size) {
        return fmt::format("its container announces {} bytes, and {} are there", announced_,
                           now->st_size);
    }
    if (is_cut_off(now->st_size)) {
        return fmt::format("its index speaks of data beyond the {} bytes that are there",
                           now->st_size);
    }
    return "";
}

} // namespace oldfilm::media

#include "base/checksum.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <new>
#include <vector>

namespace oldfilm::base {

void Checksum::Free::operator()(XXH3_state_s* state) const noexcept {
    XXH3_freeState(state);
}

Checksum::Checksum() : state_(XXH3_createState()) {
    if (!state_) {
        throw std::bad_alloc();
    }
    XXH3_64bits_reset(state_.get());
}

void Checksum::add(std::string_view data) {
    XXH3_64bits_update(state_.get(), data.data(), data.size());
}

std::uint64_t Checksum::value() const {
    return XXH3_64bits_digest(state_.get());
}

std::uint64_t checksum(std::string_view data) {
    return XXH3_64bits(data.data(), data.size());
}

std::uint64_t file_checksum(const std::filesystem::path& path, std::int64_t most) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        return 0;
    }
    const auto size = static_cast<std::int64_t>(file.tellg());
    Checksum sum;
    std::vector<char> block(1 << 16);
    const auto add = [&](std::int64_t from, std::int64_t to) {
        file.seekg(from);
        while (from < to &&
               file.read(block.data(), std::min<std::int64_t>(to - from, std::ssize(block)))) {
            sum.add({block.data(), static_cast<std::size_t>(file.gcount())});
            from += file.gcount();
        }
    };
    if (most < 0 || size <= 2 * most) {
        add(0, size);
    } else {
        add(0, most);
        add(size - most, size);
    }
    return sum.value();
}

} // namespace oldfilm::base

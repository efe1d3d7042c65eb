#include "media/sha256.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

#include <array>
#include <fstream>
#include <new>
#include <vector>

namespace oldfilm::media {
namespace {

constexpr int digest_bits = 256;
constexpr std::size_t read_at_once = 1 << 20; // bytes

} // namespace

void Sha256::Free::operator()(AVSHA* state) const noexcept {
    av_free(state);
}

Sha256::Sha256() : state_(av_sha_alloc()) {
    if (!state_) {
        throw std::bad_alloc();
    }
    av_sha_init(state_.get(), digest_bits);
}

void Sha256::add(std::string_view data) {
    av_sha_update(state_.get(), reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
}

void Sha256::add_file(const std::filesystem::path& path, const std::stop_token& stop) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error(
            Errc::not_found,
            fmt::format("{} cannot be read; check the path and its permissions", path.string()));
    }
    std::vector<char> buffer(read_at_once);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
           file.gcount() > 0) {
        add({buffer.data(), static_cast<std::size_t>(file.gcount())});
        if (stop.stop_requested()) {
            throw Error(Errc::cancelled, "reading was stopped on request");
        }
    }
}

std::string Sha256::finish() {
    std::array<std::uint8_t, digest_bits / 8> digest{};
    av_sha_final(state_.get(), digest.data());
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

} // namespace oldfilm::media

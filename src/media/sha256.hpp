#pragma once
/// \file
/// Digests that hold against attackers, too.

#include <oldfilm/export.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

struct AVSHA;

namespace oldfilm::media {

/// SHA-256 (FIPS 180-4) of all that was added.
class Sha256 {
  public:
    Sha256();
    void add(std::string_view data);
    /// Adds the content of a file. Throws `Error`: not_found, cancelled.
    void add_file(const std::filesystem::path& path, const std::stop_token& stop = {});
    /// Hexadecimal, in small letters. Nothing can be added afterwards.
    [[nodiscard]] std::string finish();

  private:
    struct Free {
        void operator()(AVSHA* state) const noexcept;
    };
    std::unique_ptr<AVSHA, Free> state_;
};

} // namespace oldfilm::media

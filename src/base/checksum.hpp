#pragma once
/// \file
/// Telling whether data are the same as before. Against accidents, not against attackers.

#include <oldfilm/export.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

struct XXH3_state_s;

namespace oldfilm::base {

/// XXH3, 64 bits (Yann Collet's xxHash), of all that was added.
class OLDFILM_API Checksum {
  public:
    Checksum();
    void add(std::string_view data);
    [[nodiscard]] std::uint64_t value() const;

  private:
    struct Free {
        void operator()(XXH3_state_s* state) const noexcept;
    };
    std::unique_ptr<XXH3_state_s, Free> state_;
};

/// Of `data`.
[[nodiscard]] OLDFILM_API std::uint64_t checksum(std::string_view data);

/// Of a file's content; 0 when it cannot be read. `most`: only so many bytes of its beginning and
/// of its end.
[[nodiscard]] OLDFILM_API std::uint64_t file_checksum(const std::filesystem::path& path,
                                                      std::int64_t most = -1);

} // namespace oldfilm::base

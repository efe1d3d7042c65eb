#pragma once
/// \file
/// Attempts at items that failed.

#include <filesystem>
#include <map>
#include <string>

namespace oldfilm::cluster {

/// A folder with a file for each attempt that failed, named as its claim.
class Failures {
  public:
    struct OfItem {
        int count = 0;
        std::string host, message; ///< of the last one
    };
    /// Makes the folder.
    explicit Failures(std::filesystem::path folder);

    [[nodiscard]] std::map<int, OfItem> list() const;
    /// Never throws: the disk may be full.
    void add(int item, int generation, const std::string& message) const noexcept;

  private:
    std::filesystem::path folder_;
};

} // namespace oldfilm::cluster

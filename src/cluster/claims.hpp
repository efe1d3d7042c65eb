#pragma once
/// \file
/// Who works on which item: files in a folder that only one process can create.

#include "cluster/machine.hpp"

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace oldfilm::cluster {

// Note [Claims]
// ~~~~~~~~~~~~~
// A claim of item 7 is a file `000007.1`, `000007.2` ... in the folder `claims`. The last number,
// the generation, counts claims of the item. Only the highest one counts.
//  - A worker takes an item by creating the next generation with O_EXCL. Of several that try, one
//    succeeds. Nothing is removed and no name is used twice, so that nobody can mistake a new claim
//    for the old one that had expired.
//  - The holder touches its file four times in the time that claims last. The server of the folder
//    sets the time; it is compared with that of a file that was touched just now, so that the
//    clocks of the machines need not agree.
//  - A claim that was not touched for that time has expired, and so has one whose process is known
//    to have ended. A holder that ends gives its claim the time 0.
// Nothing depends on claims but time: two workers on one item write the same bytes, each under a
// name of its own, and rename them.

/// A claim as others see it.
struct ClaimState {
    int generation = 0; ///< 0: the item was never claimed
    bool is_live = false;
    Owner owner;
    double seconds = 0; ///< since it was made
    double silent = 0;  ///< since its last sign of life
};

/// Held by this process until it goes, in any way. Touched by a thread of its own.
class Claim {
  public:
    Claim(std::filesystem::path file, int item, int generation, double lasts);
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    [[nodiscard]] int item() const { return item_; }
    [[nodiscard]] int generation() const { return generation_; }

  private:
    void touch() const;

    std::filesystem::path file_;
    int item_, generation_;
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::jthread thread_;
};

/// The claims of a folder.
class Claims {
  public:
    /// Makes the folder. `lasts`: seconds.
    Claims(std::filesystem::path folder, double lasts);

    /// The last generation of each item that ever was claimed. Looks at names only.
    [[nodiscard]] std::map<int, int> generations() const;
    /// Of an item's last claim; `generation` 0: it was never claimed.
    [[nodiscard]] ClaimState state_of(int item, int generation) const;
    /// Claims an item whose last claim has this generation. Nothing if somebody was faster.
    [[nodiscard]] std::unique_ptr<Claim> take(int item, int generation) const;

  private:
    [[nodiscard]] std::filesystem::path file(int item, int generation) const;
    [[nodiscard]] double now() const;

    std::filesystem::path folder_;
    double lasts_;
};

} // namespace oldfilm::cluster

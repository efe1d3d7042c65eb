#pragma once
/// \file
/// Damage in a single picture, which has no neighbors to be compared with.

#include "known.hpp"

#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace scratch {

/// What was repaired in a picture: the result, C x H x W, and where, 1 x H x W bool. Outside the
/// mask the result is the picture itself, to the bit. Both are undefined if nothing was found.
struct Repaired {
    at::Tensor picture, mask;
};

/// Finds cracks, folds, tears, scratches, stains and missing corners in a photograph by what they
/// look like, and fills them from around them.
///
/// Large photographs are looked at in several sizes, each half of the one before, from the smallest
/// on: damage wider than what the networks learned on is found and filled where it is narrow
/// enough. What is wide even there is left alone, since a fill of such a place is a smear.
class Still {
  public:
    /// `package` finds damage. Its manifest names the package that fills it, in the same folder, as
    /// "repair". Throws `Failure` (`Status::invalid`) if either is of another kind.
    Still(const oldfilm::sdk::Host& host, const std::string& package);

    /// How damage is looked for.
    struct Finding {
        bool enabled = true;
        double sensitivity = 0;
        std::int64_t grow = 0; ///< pixels beyond what was found that are filled too
    };
    /// `picture` is C x H x W. What is known to be damaged is filled as well.
    [[nodiscard]] Repaired repair(const at::Tensor& picture, const Finding& finding,
                                  const Known& known) const;

  private:
    /// Places to repair in `picture` (1 x 3 x H x W): 1 x 1 x H x W bool.
    [[nodiscard]] at::Tensor found_in(const at::Tensor& picture, double sensitivity,
                                      std::int64_t grow) const;

    /// The same of what is found and known, for `picture` in any size.
    [[nodiscard]] at::Tensor marked_in(const at::Tensor& picture, const Finding& finding,
                                       const Known& known) const;

    oldfilm::sdk::Model finder_, filler_;
    double line_ = 0;
};

} // namespace scratch

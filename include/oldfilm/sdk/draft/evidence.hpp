#pragma once
/// \file
/// Draft: stages that report where the samples of their outputs come from. It may change or
/// disappear with any release.

#include <oldfilm/plugin/ext/draft/evidence.h>
#include <oldfilm/sdk/tensor_ref.hpp>

#include <cstddef>
#include <cstdint>

namespace oldfilm::sdk::draft {

/// Where samples come from; see <oldfilm/evidence.hpp>.
enum class EvidenceKind : std::int32_t {
    resampled = OLDFILM_RESAMPLED,
    recolored = OLDFILM_RECOLORED,
    recovered = OLDFILM_RECOVERED,
    filled = OLDFILM_FILLED,
    synthesized = OLDFILM_SYNTHESIZED,
};

/// What a stage reports of one output.
struct OutputEvidence {
    EvidenceKind kind = EvidenceKind::synthesized; ///< of all that differs from the center frame
    TensorRef plane; ///< in place of `kind`: 1 x H x W uint8, a kind for each sample; may be empty
};

/// A stage that derives from this as well reports where the samples of its outputs come from. Of
/// other stages, what they changed counts as synthesized.
class Evidence {
  public:
    Evidence() = default;
    Evidence(const Evidence&) = delete;
    Evidence& operator=(const Evidence&) = delete;

    /// Of request `request` of the last `process_batch`. Called on the run thread, after it and
    /// before the next call, where a program wants to know and the output is not the center frame
    /// itself.
    virtual OutputEvidence evidence(std::size_t request) = 0;
    /// Called before the first `process` of a run that wants to know.
    void keep_evidence() noexcept { keeps_evidence_ = true; }

  protected:
    ~Evidence() = default;
    /// Whether `evidence` is going to be called; otherwise nothing need be
    /// stored for it.
    [[nodiscard]] bool keeps_evidence() const noexcept { return keeps_evidence_; }

  private:
    bool keeps_evidence_ = false;
};

/// A stage that derives from this as well makes changes of one kind.
template <EvidenceKind kind>
class ChangesOf : public Evidence {
  public:
    OutputEvidence evidence(std::size_t /*request*/) final { return {.kind = kind, .plane = {}}; }
};

} // namespace oldfilm::sdk::draft

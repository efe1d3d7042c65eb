#pragma once
/// \file
/// Proof, from the files alone, of what a rendering of a project changed.

#include <oldfilm/export.hpp>
#include <oldfilm/project.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

/// What is known of a result after all of its samples were compared with those of the source.
struct Verification {
    std::int64_t frames = 0;         ///< that were compared
    std::int64_t samples = 0;        ///< pixels of them
    std::int64_t equal = 0;          ///< pixels that are those of the source, bit for bit
    std::int64_t repaired = 0;       ///< other pixels, inside the boxes of recorded repairs
    std::int64_t changed = 0;        ///< other pixels, where a stage may change all of the picture
    std::vector<std::string> proved; ///< sentences
    std::vector<std::string> unproved; ///< what the files alone cannot prove, and why
    std::vector<std::string> wrong;    ///< what contradicts the project or its ledger
};

/// Compares `result` with `source`, the film of `project`:
///  - the source has the content that the project names (checksum);
///  - the result was rendered with the stages, shots and regions that the project has
///    now, by the plan in its metadata;
///  - in shots where scratch-removal alone is on, or no stage, every pixel that differs lies in the
///    box of a repair in the ledger of the project;
///  - no pixel differs in a protected region.
/// Other stages may change all of a picture, and results of another size or rate, or coded with
/// loss, have no samples to compare: that is unproved. Decodes both films. Thread-safe for
/// different projects. Throws `Error`: cancelled; as `Reader`, `Ledger` and `Project::pipeline` do.
OLDFILM_API Verification verify(const Project& project, const std::string& source,
                                const std::string& result, const std::stop_token& stop = {});

} // namespace oldfilm

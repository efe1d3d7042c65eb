#pragma once
/// \file
/// The provenance of a restored film, in the vocabulary of C2PA (Coalition for Content Provenance
/// and Authenticity), for others to sign.

#include <oldfilm/export.hpp>
#include <oldfilm/project.hpp>

#include <stop_token>
#include <string>

namespace oldfilm {

/// A manifest definition, as JSON text in the form that c2patool documents, with
///  - the source as the ingredient that the result was made from (`parentOf`);
///  - an assertion `c2pa.actions.v2` (C2PA Technical Specification, "Actions"): that the source was
///    opened, and an action for each stage, with its version and parameters;
///  - an assertion `org.oldfilm.restoration`: SHA-256 of source, project, plan and result,
///    the checksums of models and plugins, and the totals of the ledger.
/// About the last rendering of `project`. Nothing is signed. Reads all of both films. Thread-safe
/// for different projects. Throws `Error`: not_found (no rendering, or its file is gone),
/// incompatible (the file is not that rendering, or has no plan), cancelled; as `Reader`, `Ledger`
/// and `Project::check_source` do.
[[nodiscard]] OLDFILM_API std::string c2pa_manifest(const Project& project,
                                                    const std::stop_token& stop = {});

} // namespace oldfilm

#pragma once
/// \file
/// What handlers work on.

#include "films.hpp"
#include "preview.hpp"
#include "proxies.hpp"
#include "rendering.hpp"
#include "server.hpp"
#include "shot_curves.hpp"
#include "store.hpp"

#include <oldfilm/pipeline.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace cli::review {

struct Session {
    Session(const std::string& folder, const std::string& user, const std::string& output,
            const oldfilm::PipelineOptions& options)
        : machine(options), store(folder, user), rendering(folder, output, options),
          films(store, rendering), preview(store, films, options), curves(store, films),
          proxies(store, films) {}

    oldfilm::PipelineOptions machine; ///< device and the like
    Store store;
    Rendering rendering;
    Films films;
    Preview preview;
    ShotCurves curves;
    Proxies proxies;
};

/// JSON as a response.
Response answer_with(const Json& document);
/// The content of a file.
std::string content_of(const std::filesystem::path& path);
/// A picture as a response; `lasting`: its address names its content, so that it never changes.
Response picture(std::string type, std::string bytes, bool lasting);

/// The labels of what can be undone and redone; empty where there is nothing.
Json history_of(const Store& store);

/// Throws `oldfilm::Error` for parameters that do not exist, are not live, or have other values.
void check_overrides(const std::vector<oldfilm::StageOverride>& overrides);

// What the server has; `session` must outlive it.
void add_page(Server& server);
void add_project_handlers(Server& server, Session& session);
void add_repair_handlers(Server& server, Session& session);
void add_picture_handlers(Server& server, Session& session);
void add_rendering_handlers(Server& server, Session& session);
void add_preview_handlers(Server& server, Session& session);

} // namespace cli::review

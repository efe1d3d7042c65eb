/**
 * @file
 * The interface between oldfilm and its stage plugins, in C11 and C++17 with the C standard library
 * only. This header includes the headers of <oldfilm/plugin/...>, one concept each.
 *
 * A plugin library exports one symbol, `oldfilm_plugin`. C++ authors use <oldfilm/stage.hpp> (no
 * LibTorch) or <oldfilm/stage_torch.hpp>, which wrap it.
 *
 * General rules:
 *  - [run]: called on the thread that drives the stage's device, one call at a time per stage.
 *    [any]: may be called on any thread, concurrently. [... & configured]: only after `configure`.
 *  - No exceptions cross the interface. A function that fails calls `host->fail` with a message and
 *    returns a status other than OLDFILM_OK.
 *  - Unless stated otherwise, pointers are not null, and those passed to a call are borrowed: valid
 *    until it returns.
 *  - Structs that begin with `size` (in bytes, set by whoever fills the struct) may grow at the
 *    end: do not access fields beyond `size`. Arrays contain pointers to such structs, so that
 *    these can grow. All other structs are fixed for the major version. Reserved fields are 0.
 *  - Everything optional is an extension, requested by id: "oldfilm.NAME/VERSION". The plugin
 *    requests extensions of the host (`oldfilm_host_...`: services), the host those of the plugin
 *    (`oldfilm_stage_...`). An extension of another version has another id. Drafts are in
 * <oldfilm/plugin/ext/draft/...>; their ids contain
 *    ".draft", and they may change or disappear with any release.
 */
#ifndef OLDFILM_PLUGIN_H
#define OLDFILM_PLUGIN_H

#include <oldfilm/plugin/entry.h>
#include <oldfilm/plugin/ext/analysis.h>
#include <oldfilm/plugin/ext/cancel.h>
#include <oldfilm/plugin/ext/flow.h>
#include <oldfilm/plugin/ext/live.h>
#include <oldfilm/plugin/ext/log.h>
#include <oldfilm/plugin/ext/model.h>
#include <oldfilm/plugin/ext/tensor.h>
#include <oldfilm/plugin/status.h>
#include <oldfilm/plugin/version.h>

#endif /* OLDFILM_PLUGIN_H */

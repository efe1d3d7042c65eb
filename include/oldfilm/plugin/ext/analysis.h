/**
 * @file
 * Extension of the plugin: analysis of the start of each shot before it is processed.
 *
 * The host uses it if `configure` returns a number of `analysis_frames`. Rate changers are not
 * asked.
 */
#ifndef OLDFILM_PLUGIN_EXT_ANALYSIS_H
#define OLDFILM_PLUGIN_EXT_ANALYSIS_H

#include <oldfilm/plugin/stage.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_ANALYSIS "oldfilm.analysis/1"

/** The extension OLDFILM_EXT_ANALYSIS. No function is null. */
typedef struct oldfilm_stage_analysis {
    size_t size;
    /** [run & configured] Receives a frame of the next shot, after `reset`. */
    int32_t (*analyze)(oldfilm_stage* stage, const oldfilm_frame* frame);
    /** [run & configured] Called after the last `analyze` of a shot. `*json` receives the
     * findings as JSON text, owned by the stage and valid until its next call; null means none.
     * Invalid JSON fails the stage.
     *
     * *Rationale*: the stage owns the text, so that host and plugin need no common allocator. */
    int32_t (*finish)(oldfilm_stage* stage, const char** json);
    /** [run & configured] Called instead of `analyze` and `finish` in a run that resumes, with
     * the findings of the earlier run.
     *
     * *Rationale*: a run that resumes within a shot does not see the frames that were analyzed (see
     * Note [Determinism] in <oldfilm/pipeline.hpp>). */
    int32_t (*restore)(oldfilm_stage* stage, const char* json);
} oldfilm_stage_analysis;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_ANALYSIS_H */

/**
 * @file
 * Draft extension of the plugin: state that is saved and loaded.
 *
 * For stages that are OLDFILM_WARM_UP: with the state, a run that resumes need not repeat the
 * frames of the warm-up. The host does not use it yet; `oldfilm check-plugin` checks it.
 */
#ifndef OLDFILM_PLUGIN_EXT_DRAFT_STATE_H
#define OLDFILM_PLUGIN_EXT_DRAFT_STATE_H

#include <oldfilm/plugin/stage.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_STATE "oldfilm.state.draft/1"

/** The extension OLDFILM_EXT_STATE. No function is null. */
typedef struct oldfilm_stage_state {
    size_t size;
    /** [run & configured] Between two calls of `process`. `*data` receives the state, of
     * `*bytes` bytes, owned by the stage and valid until its next call. It must not depend on
     * addresses or on the device. */
    int32_t (*save)(oldfilm_stage* stage, const void** data, size_t* bytes);
    /** [run & configured] After `reset`, on a stage that is configured as the one that was
     * saved: the outputs from here on are those of that stage. `data` is borrowed. Fails with
     * OLDFILM_INVALID on data that is not a state. */
    int32_t (*load)(oldfilm_stage* stage, const void* data, size_t bytes);
} oldfilm_stage_state;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_DRAFT_STATE_H */

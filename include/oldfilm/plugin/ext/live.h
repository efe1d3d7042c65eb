/**
 * @file
 * Extension of the plugin: parameters that change during a run.
 */
#ifndef OLDFILM_PLUGIN_EXT_LIVE_H
#define OLDFILM_PLUGIN_EXT_LIVE_H

#include <oldfilm/plugin/stage.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_LIVE "oldfilm.live/1"

/** The extension OLDFILM_EXT_LIVE. Plugins with a parameter that is OLDFILM_LIVE must have it. */
typedef struct oldfilm_stage_live {
    size_t size;
    /** [run & configured] Live parameters have changed, from the next `process` on. `values` as
     * in `configure`: one entry for each parameter, changed or not. */
    int32_t (*change)(oldfilm_stage* stage, const oldfilm_value* values);
} oldfilm_stage_live;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_LIVE_H */

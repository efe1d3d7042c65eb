/**
 * @file
 * Draft extension of the plugin: where the samples of its outputs come from.
 *
 * The host asks where a program wants to know. Without this extension, what a stage changed counts
 * as synthesized.
 */
#ifndef OLDFILM_PLUGIN_EXT_DRAFT_EVIDENCE_H
#define OLDFILM_PLUGIN_EXT_DRAFT_EVIDENCE_H

#include <oldfilm/plugin/stage.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_EVIDENCE "oldfilm.evidence.draft/1"

/** Where samples come from, as <oldfilm/evidence.hpp> defines it. */
enum {
    OLDFILM_ORIGINAL = 0,
    OLDFILM_RESAMPLED = 1,  /**< samples of the same frame, moved or scaled */
    OLDFILM_RECOLORED = 2,  /**< detail of the same frame, with another brightness or color */
    OLDFILM_RECOVERED = 3,  /**< samples of other frames */
    OLDFILM_FILLED = 4,     /**< computed from the samples around */
    OLDFILM_SYNTHESIZED = 5 /**< made by a network */
};

/** The extension OLDFILM_EXT_EVIDENCE. No function is null. */
typedef struct oldfilm_stage_evidence {
    size_t size;
    /** [run & configured] Before the first `process`, where `evidence` is going to be called. */
    int32_t (*keep)(oldfilm_stage* stage);
    /** [run & configured] After `process` has succeeded, and before the next call, for those of
     * its requests whose output is not the center frame unchanged. Sets `*kind`, which counts
     * where the output differs from the center frame; or gives `plane`, which is initialized to
     * zeros: 1 x H x W uint8, of the output's size, a kind for each sample. Where the output equals
     * the center frame, the host takes it for original whatever the stage says. */
    int32_t (*evidence)(oldfilm_stage* stage, uint32_t request, int32_t* kind,
                        oldfilm_tensor* plane);
} oldfilm_stage_evidence;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_DRAFT_EVIDENCE_H */

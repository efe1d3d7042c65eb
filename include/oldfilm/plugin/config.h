/**
 * @file
 * What a stage answers to `configure`.
 */
#ifndef OLDFILM_PLUGIN_CONFIG_H
#define OLDFILM_PLUGIN_CONFIG_H

#include <oldfilm/plugin/frame.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** State of a stage. */
enum {
    OLDFILM_STATELESS = 0, /**< an output depends only on its window */
    OLDFILM_WARM_UP = 1    /**< also on the `warm_up` frames before it, in the same shot */
};

/** Windows at the ends of a shot.
 *
 * *Rationale*: a stage that compares frames learns nothing from a repeated one. A stage whose
 * center must stay in the middle, because its network was trained so, has no use for a window that
 * is shifted. */
enum {
    OLDFILM_REPEAT = 0, /**< the center stays in the middle; the shot's end frame is repeated */
    /** The window is shifted into the shot, if that is long enough, and the center moves: no frame
     * is repeated, and the host holds no additional ones. */
    OLDFILM_INSIDE = 1
};

/** The result of `configure`. The host initializes it: the output equals the input, no window, a
 * batch of 1. Rate changers: only channels, height, width, rate and memory are used. */
typedef struct oldfilm_config {
    size_t size;      /**< set by the host; do not change it */
    int32_t channels; /**< of the output, 1 or 3 */
    int32_t before;   /**< frames before the center in a window, at most 999 */
    int64_t height;   /**< of the output, at most 2^20 */
    int64_t width;    /**< of the output, at most 2^20 */
    /** Of the output. If it is not that of the input, the stage is a rate changer, which produces
     * the pictures between two frames (see oldfilm_request). */
    oldfilm_rational rate;
    int32_t after;           /**< frames after the center, at most 999 */
    int32_t batch;           /**< largest number of requests per `process`, 1 to 1000 */
    int32_t state;           /**< OLDFILM_STATELESS or OLDFILM_WARM_UP */
    int32_t warm_up;         /**< at most 100000 */
    int32_t analysis_frames; /**< frames from the start of each shot that the plugin's extension
                                OLDFILM_EXT_ANALYSIS receives before `process`, at most 100000; 0
                                for none, or if the plugin does not have the extension */
    int32_t edges;           /**< OLDFILM_REPEAT or OLDFILM_INSIDE */
    /** Bytes of working memory of `process`, without models and without optical flow; 0 if unknown.
     * The host plans a run with a memory limit by it. */
    int64_t memory;
} oldfilm_config;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_CONFIG_H */

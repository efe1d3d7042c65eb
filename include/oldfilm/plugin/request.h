/**
 * @file
 * What `process` is asked for, and its results.
 */
#ifndef OLDFILM_PLUGIN_REQUEST_H
#define OLDFILM_PLUGIN_REQUEST_H

#include <oldfilm/plugin/frame.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An output of `process`. Owned by the host, which initializes it to zeros. */
typedef struct oldfilm_result {
    size_t size; /**< set by the host; do not change it */
    /** 1: the output is the center frame (rate changers: `frames[0]`), bit for bit; the tensors are
     * then ignored. */
    int32_t unchanged;
    int32_t has_mask; /**< 1: `mask` is given */
    /** Given; C x H x W float32, of the size and channels from `configure`, without NaN and
     * infinity. */
    oldfilm_tensor picture;
    /** Given; 1 x H x W float32, 1 where repaired; combined with that of earlier stages by maximum.
     * Ignored for rate changers. */
    oldfilm_tensor mask;
} oldfilm_result;

/**
 * A requested output. Filled in by the host, lent until `process` returns.
 *
 * Frame-wise stages: `frames` has before + 1 + after entries; `frames[center]` is the frame to
 * restore. Entries beyond the ends of the film and beyond cuts repeat the nearest frame of the
 * shot; with OLDFILM_INSIDE the window is shifted instead, and only a shot shorter than the window
 * repeats its last frame. Rate changers: two entries of the same shot, with `position` in (0, 1)
 * between them.
 */
typedef struct oldfilm_request {
    size_t size;
    int64_t index; /**< number of the output, from 0 */
    const oldfilm_frame* const* frames;
    uint32_t count;         /**< entries of `frames` */
    uint32_t center;        /**< index into `frames` */
    double position;        /**< rate changers only; else 0 */
    oldfilm_result* result; /**< to be filled in before `process` returns */
} oldfilm_request;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_REQUEST_H */

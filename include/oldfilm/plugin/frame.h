/**
 * @file
 * Frames and what the frames of a stream share.
 */
#ifndef OLDFILM_PLUGIN_FRAME_H
#define OLDFILM_PLUGIN_FRAME_H

#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A fraction, such as a time base in seconds. Fixed for the major version. */
typedef struct oldfilm_rational {
    int64_t num;
    int64_t den; /**< > 0 */
} oldfilm_rational;

/** Color tags: H.273 code points; see <oldfilm/color.hpp>. Fixed for the major version. */
typedef struct oldfilm_color {
    uint8_t primaries, transfer, matrix, range, siting;
    uint8_t reserved[3]; /**< 0 */
} oldfilm_color;

/** Where the picture of a frame comes from. */
enum {
    OLDFILM_DECODED = 0,      /**< a frame of the film, restored or not */
    OLDFILM_INTERPOLATED = 1, /**< computed between two frames of the film */
    OLDFILM_HELD = 2          /**< repeats the previous picture */
};

/** A frame, lent to the stage. Filled in by the host. */
typedef struct oldfilm_frame {
    size_t size;
    /** C x H x W float32, nominally in [0, 1], not clamped; C is 1 or 3. Read-only. */
    const oldfilm_tensor* picture;
    /** 1 x H x W float32, 1 where an earlier stage repaired. Read-only. May be null. */
    const oldfilm_tensor* mask;
    int64_t index;              /**< number in the input of the stage, from 0 */
    int64_t pts;                /**< presentation time in ticks of `time_base` */
    int64_t duration;           /**< likewise */
    oldfilm_rational time_base; /**< length of a tick, in seconds */
    int32_t shot;               /**< number of the shot, from 0 */
    int32_t origin;             /**< OLDFILM_DECODED, OLDFILM_INTERPOLATED or OLDFILM_HELD */
    oldfilm_color color;
} oldfilm_frame;

/** The properties that all frames of a stream share. Filled in by the host. */
typedef struct oldfilm_format {
    size_t size;
    int32_t channels; /**< 1 or 3 */
    int32_t device_type;
    int64_t height;
    int64_t width;
    oldfilm_rational rate; /**< frames per second; 0/1 if irregular */
    oldfilm_color color;
    int32_t device_index;
    int32_t reserved; /**< 0 */
} oldfilm_format;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_FRAME_H */

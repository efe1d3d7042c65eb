/**
 * @file
 * Extension of the host: optical flow.
 */
#ifndef OLDFILM_PLUGIN_EXT_FLOW_H
#define OLDFILM_PLUGIN_EXT_FLOW_H

#include <oldfilm/plugin/host.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_FLOW "oldfilm.flow/1"

/** The service OLDFILM_EXT_FLOW. */
typedef struct oldfilm_host_flow {
    size_t size;
    /** [run] Dense optical flow from `from` to `to` (C x H x W float32, of the same size), 2 x H
     * x W float32 on the device of the stage, in pixels (x, then y): to(p + flow(p)) matches
     * from(p). Method: DIS (Kroeger et al., ECCV 2016) on 8-bit luma, computed at half resolution.
     * `flow` is given; the caller may write to it. Fails in builds without OpenCV.
     *
     * *Rationale*: the latest pairs of pictures (4 to 16, by size) are cached, so that stages that
     * need the flow of the same pair share its cost. */
    int32_t (*flow)(const oldfilm_host* host, const oldfilm_tensor* from, const oldfilm_tensor* to,
                    oldfilm_tensor* flow);
    /** [run] The same at full resolution, for output that shows warped pictures directly. About
     * three times slower. */
    int32_t (*fine_flow)(const oldfilm_host* host, const oldfilm_tensor* from,
                         const oldfilm_tensor* to, oldfilm_tensor* flow);
} oldfilm_host_flow;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_FLOW_H */

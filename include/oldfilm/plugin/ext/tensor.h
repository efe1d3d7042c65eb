/**
 * @file
 * Extension of the host: memory on the device of the stage.
 */
#ifndef OLDFILM_PLUGIN_EXT_TENSOR_H
#define OLDFILM_PLUGIN_EXT_TENSOR_H

#include <oldfilm/plugin/host.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_TENSOR "oldfilm.tensor/1"

/** The service OLDFILM_EXT_TENSOR. */
typedef struct oldfilm_host_tensor {
    size_t size;
    /** [run] Gives the caller an uninitialized contiguous tensor on the device of the stage.
     * `shape` has `ndim` entries, and may be null if that is 0. */
    int32_t (*allocate)(const oldfilm_host* host, int32_t dtype, int32_t ndim, const int64_t* shape,
                        oldfilm_tensor* tensor);
} oldfilm_host_tensor;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_TENSOR_H */

/**
 * @file
 * Tensors that cross the interface, without a copy in either direction.
 */
#ifndef OLDFILM_PLUGIN_TENSOR_H
#define OLDFILM_PLUGIN_TENSOR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Largest number of dimensions of a tensor. */
#define OLDFILM_MAX_DIMS 5

/** Element types of tensors. */
enum { OLDFILM_FLOAT32 = 0, OLDFILM_UINT8 = 1, OLDFILM_INT64 = 2 };

/** Types of device, numbered as in DLPack. */
enum {
    OLDFILM_CPU = 1,
    OLDFILM_CUDA = 2,
    /** The device of the run, of a type that the program registered with LibTorch; the program
     * defines its streams and events (<oldfilm/native_streams.hpp>). */
    OLDFILM_OTHER_DEVICE = 12
};

/**
 * A tensor that is passed across the interface. Fixed for the major version.
 *
 * Lent (inputs): `release` is null; the receiver may read it until the call returns.
 * Given (outputs): the receiver owns it and releases it once, by `release(owner, stream)`, or, if
 * `impl` is set, by dropping the reference of `impl` instead.
 *
 * On a device, neither side waits for queued work; streams and events define the order:
 *  - The data is ready after the event `ready`, or, if that is null, after the work queued on
 *    `stream` when the call begins (lent) or returns (given).
 *  - A receiver that reads a lent tensor on another stream makes that stream wait for this first,
 *    and makes `stream` wait for its reads before the call returns. `ready` or `stream` of an
 *    output of the same call may take the place of the latter.
 *  - The memory may be reused after the work queued on the stream passed to `release`. The host
 *    orders all of its uses before that; a plugin passes the stream on which it last used the
 *    tensor.
 * A null stream is the default stream of the device. An event belongs to the side that created it,
 * and must live until `release`.
 *
 * *Rationale*: plugin and host may have different allocators and different LibTorch versions.
 * Whoever made a tensor frees it, so `release` travels with it. The layout is that of
 * DLManagedTensorVersioned with the order on a stream added: a host that waited for each plugin
 * would leave the device idle.
 */
typedef struct oldfilm_tensor {
    /** c10::TensorImpl*, if both sides have the same runtime tag; else null. Lent: borrowed; given:
     * one strong reference. If set, only the host fills in the other fields. */
    void* impl;
    /** First element, in memory of the device. Read-only if lent or if `impl` is set. Null if no
     * tensor is given. */
    void* data;
    int32_t device_type;
    int32_t device_index;
    int32_t dtype;
    int32_t ndim;                      /**< 0 to OLDFILM_MAX_DIMS */
    int64_t shape[OLDFILM_MAX_DIMS];   /**< entries from `ndim` on are ignored */
    int64_t strides[OLDFILM_MAX_DIMS]; /**< in elements, never negative; may be 0 in inputs */
    /** An event, on CUDA a cudaEvent_t. May be null; null on the CPU and in tensors from the host.
     */
    void* ready;
    /** On CUDA a cudaStream_t. May be null; null on the CPU and in tensors from the host with
     * `impl` (then it is LibTorch's current stream). */
    void* stream;
    void* owner; /**< passed to `release`; may be null */
    /** [any] Frees the tensor; also during calls of the stage, and after its `destroy`. Null if
     * lent. */
    void (*release)(void* owner, void* stream);
} oldfilm_tensor;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_TENSOR_H */

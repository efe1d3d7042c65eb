/**
 * @file
 * Extension of the host: model packages.
 */
#ifndef OLDFILM_PLUGIN_EXT_MODEL_H
#define OLDFILM_PLUGIN_EXT_MODEL_H

#include <oldfilm/plugin/host.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_MODEL "oldfilm.model/1"

/** An open model package; opaque to the plugin. Stages of a pipeline that open the same package
 * share it. */
typedef struct oldfilm_model oldfilm_model;

/** The service OLDFILM_EXT_MODEL. */
typedef struct oldfilm_host_model {
    size_t size;
    /** [run] Opens a package, to be closed by `close`. `package` is a path relative to the
     * folder of the plugin, an absolute path, or a name in the models folder of the user. `task`
     * must be that of the manifest; "" accepts any. */
    int32_t (*open)(const oldfilm_host* host, const char* package, const char* task,
                    oldfilm_model** model);
    /** [any] The manifest as JSON text, valid until `close`. */
    const char* (*manifest)(const oldfilm_model* model);
    /** [any] Name of an input or output of the network by index, from 0, valid until `close`. Null
     * for all larger indices. */
    const char* (*input_name)(const oldfilm_model* model, uint32_t index);
    const char* (*output_name)(const oldfilm_model* model, uint32_t index);
    /** [run] Runs the network. `inputs` are lent, `outputs` are given, both N x ... float32 in
     * the order of `input_name` and `output_name`, which is that of the manifest. The host pads,
     * tiles, splits batches and selects the precision. `output_count` must be that of the model. */
    int32_t (*run)(const oldfilm_host* host, oldfilm_model* model,
                   const oldfilm_tensor* const* inputs, uint32_t input_count,
                   oldfilm_tensor* outputs, uint32_t output_count);
    /** [any] Call it once per `open`, when no `run` of the model is in progress.
     *
     * *Rationale*: models are closed in `destroy`, which may run on any thread. */
    void (*close)(const oldfilm_host* host, oldfilm_model* model);
} oldfilm_host_model;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_MODEL_H */

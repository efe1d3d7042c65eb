/**
 * @file
 * The description of a plugin, and the life of its stages.
 *
 * Order of calls: `create`, `configure`; for each shot `reset`, then `process` any number of times;
 * `destroy`. Extensions add calls between these.
 */
#ifndef OLDFILM_PLUGIN_STAGE_H
#define OLDFILM_PLUGIN_STAGE_H

#include <oldfilm/plugin/config.h>
#include <oldfilm/plugin/frame.h>
#include <oldfilm/plugin/host.h>
#include <oldfilm/plugin/params.h>
#include <oldfilm/plugin/request.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A stage instance; opaque to the host. */
typedef struct oldfilm_stage oldfilm_stage;

/** Threading classes. Calls of one stage never overlap.
 *
 * *Rationale*: OLDFILM_ONE_THREAD is for plugins with global state. Runs then wait for each other,
 * and a film cannot be distributed over several devices. */
enum {
    OLDFILM_ONE_THREAD = 0, /**< no two calls of the plugin's stages overlap in the process */
    OLDFILM_PER_STAGE = 1   /**< calls of different stages of the plugin may overlap */
};

/** Static description of a plugin. It and everything that it points to must be valid, and
 * unchanged, as long as the library is loaded. */
typedef struct oldfilm_plugin_description {
    size_t size;
    uint32_t abi_major;  /**< OLDFILM_ABI_MAJOR */
    uint32_t abi_minor;  /**< OLDFILM_PLUGIN_MINOR */
    const char* id;      /**< reverse DNS, such as "org.oldfilm.superres" */
    const char* name;    /**< short name, such as "superres" */
    const char* version; /**< SemVer */
    const char* summary; /**< one line */
    const char* runtime; /**< version and C++ ABI of LibTorch, such as "2.11+cxx11"; "" or null
                            without LibTorch */
    int32_t threading;   /**< OLDFILM_ONE_THREAD or OLDFILM_PER_STAGE */
    uint32_t parameter_count;
    const oldfilm_parameter* const* parameters; /**< may be null if there are none */

    /** [any] Creates a stage, owned by the host until `destroy`. Should be lightweight: open models
     * in `configure`. */
    int32_t (*create)(const oldfilm_host* host, oldfilm_stage** stage);
    /** [run, or any thread before the stage works] Called once, before the first frame; again
     * with a rate of 1 if it returns OLDFILM_INVALID for an irregular one. `values` has one entry
     * per parameter, in the order of the table. */
    int32_t (*configure)(oldfilm_stage* stage, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config);
    /** [run & configured] Produces `count` outputs, 1 <= count <= batch, with consecutive
     * numbers. */
    int32_t (*process)(oldfilm_stage* stage, const oldfilm_request* const* requests,
                       uint32_t count);
    /** [run & configured] Called at the start of each shot, before its frames: discard all state
     * of the previous one. May be null. */
    void (*reset)(oldfilm_stage* stage);
    /** [any] Destroys the stage. Called once; no other call overlaps or follows. Services may be
     * used. */
    void (*destroy)(oldfilm_stage* stage);
    /** [any] An extension of the plugin by id, such as OLDFILM_EXT_ANALYSIS, valid as long as the
     * library is loaded; always the same result. Returns null if the plugin does not have it. May
     * be null if the plugin has no extensions.
     *
     * *Rationale*: a host learns from the description, before it creates a stage, what the plugin
     * can do; and what is added later is a new id, not a longer description. */
    const void* (*get_extension)(const struct oldfilm_plugin_description* plugin, const char* id);
} oldfilm_plugin_description;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_STAGE_H */

/**
 * @file
 * The host, as seen by a stage.
 */
#ifndef OLDFILM_PLUGIN_HOST_H
#define OLDFILM_PLUGIN_HOST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The host of one stage. Valid from `create` until `destroy` returns. */
typedef struct oldfilm_host {
    size_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    void* context;      /**< for the host; may be null */
    const char* folder; /**< of the plugin library; "" for a stage that is part of the program */
    /** [any] A service by id, such as OLDFILM_EXT_MODEL, valid as long as the host. Returns null if
     * the host does not offer it. */
    const void* (*get_extension)(const struct oldfilm_host* host, const char* id);
    /** [any] Reports why the current function fails, before it returns a status. `sentence` is
     * copied: what was expected, what was found, what to do. */
    void (*fail)(const struct oldfilm_host* host, const char* sentence);
} oldfilm_host;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_HOST_H */

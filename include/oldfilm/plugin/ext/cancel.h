/**
 * @file
 * Extension of the host: cancellation.
 */
#ifndef OLDFILM_PLUGIN_EXT_CANCEL_H
#define OLDFILM_PLUGIN_EXT_CANCEL_H

#include <oldfilm/plugin/host.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_CANCEL "oldfilm.cancel/1"

/** The service OLDFILM_EXT_CANCEL. */
typedef struct oldfilm_host_cancel {
    size_t size;
    /** [any] 1 if the run was canceled; the stage should then return OLDFILM_CANCELLED soon. */
    int32_t (*cancelled)(const oldfilm_host* host);
} oldfilm_host_cancel;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_CANCEL_H */

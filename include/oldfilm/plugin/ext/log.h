/**
 * @file
 * Extension of the host: messages.
 */
#ifndef OLDFILM_PLUGIN_EXT_LOG_H
#define OLDFILM_PLUGIN_EXT_LOG_H

#include <oldfilm/plugin/host.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_LOG "oldfilm.log/1"

/** Levels of messages. */
enum { OLDFILM_LOG_DEBUG = 0, OLDFILM_LOG_INFO = 1, OLDFILM_LOG_WARNING = 2 };

/** The service OLDFILM_EXT_LOG. */
typedef struct oldfilm_host_log {
    size_t size;
    /** [any] Writes a line, which is copied. */
    void (*write)(const oldfilm_host* host, int32_t level, const char* line);
} oldfilm_host_log;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_LOG_H */

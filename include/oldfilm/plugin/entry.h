/**
 * @file
 * The symbol that a plugin library exports.
 */
#ifndef OLDFILM_PLUGIN_ENTRY_H
#define OLDFILM_PLUGIN_ENTRY_H

#include <oldfilm/plugin/stage.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Exports `oldfilm_plugin` if symbols are hidden by default. */
#if defined(__GNUC__)
#define OLDFILM_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define OLDFILM_PLUGIN_EXPORT
#endif

/** The type of `oldfilm_plugin`. */
typedef const oldfilm_plugin_description* (*oldfilm_plugin_function)(uint32_t index);

/** [any] Returns the plugins of the library by index, from 0, and null for all larger indices;
 * always the same result. */
OLDFILM_PLUGIN_EXPORT const oldfilm_plugin_description* oldfilm_plugin(uint32_t index);

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_ENTRY_H */

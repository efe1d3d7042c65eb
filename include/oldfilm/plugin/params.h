/**
 * @file
 * Parameters: the table of a plugin, and values.
 */
#ifndef OLDFILM_PLUGIN_PARAMS_H
#define OLDFILM_PLUGIN_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Types of parameters. */
enum {
    OLDFILM_BOOLEAN = 0, /**< integer 0 or 1 */
    OLDFILM_INTEGER = 1,
    OLDFILM_NUMBER = 2,
    OLDFILM_TEXT = 3,
    OLDFILM_CHOICE = 4, /**< one of `choices`, as text */
    OLDFILM_FILE = 5    /**< a path, as text; empty for none */
};

/** A value, in the member for the type of the parameter. Fixed for the major version. */
typedef struct oldfilm_value {
    int64_t integer;  /**< BOOLEAN, INTEGER */
    double number;    /**< NUMBER */
    const char* text; /**< TEXT, CHOICE, FILE: not null, borrowed until the call returns */
} oldfilm_value;

/** Flags of parameters. */
enum { OLDFILM_LIVE = 1 /**< may change during a run */ };

/** A row of the parameter table. Static; see oldfilm_plugin_description.
 *
 * *Rationale*: the host checks values against the table before the stage sees them, so that errors,
 * help, command lines and JSON are the same for all plugins. */
typedef struct oldfilm_parameter {
    size_t size;
    const char* name; /**< [a-z][a-z0-9_]* */
    int32_t type;
    uint32_t flags; /**< 0 or OLDFILM_LIVE */
    oldfilm_value initial;
    double minimum; /**< inclusive; INTEGER and NUMBER only */
    double maximum;
    const char* const* choices; /**< CHOICE: null-terminated; otherwise null */
    const char* unit;           /**< not null; may be empty */
    const char* help;           /**< not null; one line */
} oldfilm_parameter;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_PARAMS_H */

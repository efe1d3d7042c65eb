/**
 * @file
 * Status codes.
 */
#ifndef OLDFILM_PLUGIN_STATUS_H
#define OLDFILM_PLUGIN_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** What functions of the interface return. */
enum {
    OLDFILM_OK = 0,
    OLDFILM_FAILED = 1,
    OLDFILM_CANCELLED = 2,
    OLDFILM_OUT_OF_MEMORY = 3,
    OLDFILM_INVALID = 4 /**< unsupported parameters or input format */
};

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_STATUS_H */

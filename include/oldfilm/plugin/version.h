/**
 * @file
 * The version of the plugin ABI.
 */
#ifndef OLDFILM_PLUGIN_VERSION_H
#define OLDFILM_PLUGIN_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* History, newest first:
 *  1.2  oldfilm_tensor.stream and ready are honored on devices, including those other than CUDA;
 *       restore_analysis is required with analyze; close may be called on any thread; upper limits
 *       for the answers of configure
 *  1.1  oldfilm_config.edges: windows that stay inside the shot
 *  1.0  first version */

/** Plugins with another major version are refused. */
#define OLDFILM_ABI_MAJOR 1u
/** Plugins with a newer minor version than that of the host are refused. */
#define OLDFILM_ABI_MINOR 2u

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_VERSION_H */

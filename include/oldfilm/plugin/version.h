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
 *  2.0  analysis, live parameters and saved state are extensions that the host requests from the
 *       plugin (oldfilm_plugin_description.get_extension) in place of functions of the description;
 *       plugins name the minor version that they need; services are named oldfilm_host_*; names of
 *       a model's inputs and outputs; constants for oldfilm_frame.origin
 *  1.2  oldfilm_tensor.stream and ready are honored on devices, including those other than CUDA;
 *       restore_analysis is required with analyze; close may be called on any thread; upper limits
 *       for the answers of configure
 *  1.1  oldfilm_config.edges: windows that stay inside the shot
 *  1.0  first version */

/** Plugins with another major version are refused. */
#define OLDFILM_ABI_MAJOR 2u
/** The newest minor version that these headers declare. A host accepts plugins that need any minor
 * version up to its own. */
#define OLDFILM_ABI_MINOR 0u

/**
 * The minor version that a plugin needs, for oldfilm_plugin_description.abi_minor. By default the
 * lowest. Define it before the first header of oldfilm, to the same value in the whole plugin
 * (`oldfilm_add_stage(... ABI_MINOR n)` does), to use what a later minor version added: those
 * declarations are hidden below it.
 *
 * *Rationale*: a plugin that is built with newer headers and uses nothing new then still loads into
 * an older host.
 */
#ifndef OLDFILM_PLUGIN_MINOR
#define OLDFILM_PLUGIN_MINOR 0u
#endif
#if OLDFILM_PLUGIN_MINOR > OLDFILM_ABI_MINOR
#error "OLDFILM_PLUGIN_MINOR is newer than these headers; lower it, or use newer headers of oldfilm"
#endif

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_VERSION_H */

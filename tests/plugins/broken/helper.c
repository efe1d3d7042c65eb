/* A library of its own, as no plugin should be linked to. */
#include <oldfilm/plugin.h>

OLDFILM_PLUGIN_EXPORT int broken_helper(void);
int broken_helper(void) {
    return 1;
}

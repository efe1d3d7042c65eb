/**
 * @file
 * Draft extension of the host: damage that is known before any stage looks.
 *
 * A person, or another program, says where frames are damaged and where they are not. A stage that
 * looks for damage by itself may ask for this, and should prefer it to what it finds.
 */
#ifndef OLDFILM_PLUGIN_EXT_DRAFT_DAMAGE_H
#define OLDFILM_PLUGIN_EXT_DRAFT_DAMAGE_H

#include <oldfilm/plugin/frame.h>
#include <oldfilm/plugin/host.h>
#include <oldfilm/plugin/tensor.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLDFILM_EXT_DAMAGE "oldfilm.damage.draft/1"

/** The service OLDFILM_EXT_DAMAGE. */
typedef struct oldfilm_host_damage {
    size_t size;
    /** [run] For a frame of the call that is under way: 1 x H x W float32 on the device of the
     * stage, 1 where the frame is damaged, -1 where it is not, and 0 where nothing is known.
     * Borrowed. Null if nothing is known about the frame. Behind a stage that changed the size,
     * nothing is known. */
    const oldfilm_tensor* (*damage)(const oldfilm_host* host, const oldfilm_frame* frame);
} oldfilm_host_damage;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_EXT_DRAFT_DAMAGE_H */

/* The layout of <oldfilm/plugin.h> at ABI 2.0, in numbers: a plugin that was built with it must
 * keep working. Compiled as C and as C++.
 *
 * A struct that begins with `size` may get new fields at its end: add them here, with the new size,
 * and raise OLDFILM_ABI_MINOR. Any other change needs a new OLDFILM_ABI_MAJOR. */
#include <oldfilm/plugin.h>

#ifdef __cplusplus
#define CHECK(condition, sentence) static_assert(condition, sentence)
#else
#define CHECK(condition, sentence) _Static_assert(condition, sentence)
#endif
#define SIZE(type, bytes) CHECK(sizeof(type) == (bytes), #type " has another size")
#define AT(type, field, bytes)                                                                     \
    CHECK(offsetof(type, field) == (bytes), #type "." #field " lies elsewhere")

CHECK(sizeof(void*) == 8, "the numbers are those of 64-bit machines");
CHECK(OLDFILM_ABI_MAJOR == 2 && OLDFILM_ABI_MINOR == 0, "the numbers are those of ABI 2.0");
CHECK(OLDFILM_PLUGIN_MINOR == 0, "who asks for nothing gets a plugin for every 2.x");

SIZE(oldfilm_rational, 16);
AT(oldfilm_rational, num, 0);
AT(oldfilm_rational, den, 8);

SIZE(oldfilm_tensor, 144);
AT(oldfilm_tensor, impl, 0);
AT(oldfilm_tensor, data, 8);
AT(oldfilm_tensor, device_type, 16);
AT(oldfilm_tensor, device_index, 20);
AT(oldfilm_tensor, dtype, 24);
AT(oldfilm_tensor, ndim, 28);
AT(oldfilm_tensor, shape, 32);
AT(oldfilm_tensor, strides, 72);
AT(oldfilm_tensor, ready, 112);
AT(oldfilm_tensor, stream, 120);
AT(oldfilm_tensor, owner, 128);
AT(oldfilm_tensor, release, 136);

SIZE(oldfilm_color, 8);
AT(oldfilm_color, primaries, 0);
AT(oldfilm_color, transfer, 1);
AT(oldfilm_color, matrix, 2);
AT(oldfilm_color, range, 3);
AT(oldfilm_color, siting, 4);
AT(oldfilm_color, reserved, 5);

SIZE(oldfilm_frame, 80);
AT(oldfilm_frame, size, 0);
AT(oldfilm_frame, picture, 8);
AT(oldfilm_frame, mask, 16);
AT(oldfilm_frame, index, 24);
AT(oldfilm_frame, pts, 32);
AT(oldfilm_frame, duration, 40);
AT(oldfilm_frame, time_base, 48);
AT(oldfilm_frame, shot, 64);
AT(oldfilm_frame, origin, 68);
AT(oldfilm_frame, color, 72);

SIZE(oldfilm_format, 64);
AT(oldfilm_format, size, 0);
AT(oldfilm_format, channels, 8);
AT(oldfilm_format, device_type, 12);
AT(oldfilm_format, height, 16);
AT(oldfilm_format, width, 24);
AT(oldfilm_format, rate, 32);
AT(oldfilm_format, color, 48);
AT(oldfilm_format, device_index, 56);
AT(oldfilm_format, reserved, 60);

SIZE(oldfilm_config, 80);
AT(oldfilm_config, size, 0);
AT(oldfilm_config, channels, 8);
AT(oldfilm_config, before, 12);
AT(oldfilm_config, height, 16);
AT(oldfilm_config, width, 24);
AT(oldfilm_config, rate, 32);
AT(oldfilm_config, after, 48);
AT(oldfilm_config, batch, 52);
AT(oldfilm_config, state, 56);
AT(oldfilm_config, warm_up, 60);
AT(oldfilm_config, analysis_frames, 64);
AT(oldfilm_config, edges, 68);
AT(oldfilm_config, memory, 72);

SIZE(oldfilm_result, 304);
AT(oldfilm_result, size, 0);
AT(oldfilm_result, unchanged, 8);
AT(oldfilm_result, has_mask, 12);
AT(oldfilm_result, picture, 16);
AT(oldfilm_result, mask, 160);

SIZE(oldfilm_request, 48);
AT(oldfilm_request, size, 0);
AT(oldfilm_request, index, 8);
AT(oldfilm_request, frames, 16);
AT(oldfilm_request, count, 24);
AT(oldfilm_request, center, 28);
AT(oldfilm_request, position, 32);
AT(oldfilm_request, result, 40);

SIZE(oldfilm_value, 24);
AT(oldfilm_value, integer, 0);
AT(oldfilm_value, number, 8);
AT(oldfilm_value, text, 16);

SIZE(oldfilm_parameter, 88);
AT(oldfilm_parameter, size, 0);
AT(oldfilm_parameter, name, 8);
AT(oldfilm_parameter, type, 16);
AT(oldfilm_parameter, flags, 20);
AT(oldfilm_parameter, initial, 24);
AT(oldfilm_parameter, minimum, 48);
AT(oldfilm_parameter, maximum, 56);
AT(oldfilm_parameter, choices, 64);
AT(oldfilm_parameter, unit, 72);
AT(oldfilm_parameter, help, 80);

SIZE(oldfilm_host, 48);
AT(oldfilm_host, size, 0);
AT(oldfilm_host, abi_major, 8);
AT(oldfilm_host, abi_minor, 12);
AT(oldfilm_host, context, 16);
AT(oldfilm_host, folder, 24);
AT(oldfilm_host, get_extension, 32);
AT(oldfilm_host, fail, 40);

SIZE(oldfilm_plugin_description, 120);
AT(oldfilm_plugin_description, size, 0);
AT(oldfilm_plugin_description, abi_major, 8);
AT(oldfilm_plugin_description, abi_minor, 12);
AT(oldfilm_plugin_description, id, 16);
AT(oldfilm_plugin_description, name, 24);
AT(oldfilm_plugin_description, version, 32);
AT(oldfilm_plugin_description, summary, 40);
AT(oldfilm_plugin_description, runtime, 48);
AT(oldfilm_plugin_description, threading, 56);
AT(oldfilm_plugin_description, parameter_count, 60);
AT(oldfilm_plugin_description, parameters, 64);
AT(oldfilm_plugin_description, create, 72);
AT(oldfilm_plugin_description, configure, 80);
AT(oldfilm_plugin_description, process, 88);
AT(oldfilm_plugin_description, reset, 96);
AT(oldfilm_plugin_description, destroy, 104);
AT(oldfilm_plugin_description, get_extension, 112);

SIZE(oldfilm_stage_analysis, 32);
AT(oldfilm_stage_analysis, analyze, 8);
AT(oldfilm_stage_analysis, finish, 16);
AT(oldfilm_stage_analysis, restore, 24);

SIZE(oldfilm_stage_live, 16);
AT(oldfilm_stage_live, change, 8);

SIZE(oldfilm_host_log, 16);
AT(oldfilm_host_log, write, 8);

SIZE(oldfilm_host_cancel, 16);
AT(oldfilm_host_cancel, cancelled, 8);

SIZE(oldfilm_host_tensor, 16);
AT(oldfilm_host_tensor, allocate, 8);

SIZE(oldfilm_host_model, 56);
AT(oldfilm_host_model, open, 8);
AT(oldfilm_host_model, manifest, 16);
AT(oldfilm_host_model, input_name, 24);
AT(oldfilm_host_model, output_name, 32);
AT(oldfilm_host_model, run, 40);
AT(oldfilm_host_model, close, 48);

SIZE(oldfilm_host_flow, 24);
AT(oldfilm_host_flow, flow, 8);
AT(oldfilm_host_flow, fine_flow, 16);

/* Constants are a part of the agreement, too. */
CHECK(OLDFILM_MAX_DIMS == 5, "tensors");
CHECK(OLDFILM_OK == 0 && OLDFILM_FAILED == 1 && OLDFILM_CANCELLED == 2 &&
          OLDFILM_OUT_OF_MEMORY == 3 && OLDFILM_INVALID == 4,
      "statuses");
CHECK(OLDFILM_FLOAT32 == 0 && OLDFILM_UINT8 == 1 && OLDFILM_INT64 == 2, "element types");
CHECK(OLDFILM_CPU == 1 && OLDFILM_CUDA == 2 && OLDFILM_OTHER_DEVICE == 12, "devices");
CHECK(OLDFILM_DECODED == 0 && OLDFILM_INTERPOLATED == 1 && OLDFILM_HELD == 2, "origins");
CHECK(OLDFILM_REPEAT == 0 && OLDFILM_INSIDE == 1, "edges");
CHECK(OLDFILM_STATELESS == 0 && OLDFILM_WARM_UP == 1, "memory of stages");
CHECK(OLDFILM_BOOLEAN == 0 && OLDFILM_INTEGER == 1 && OLDFILM_NUMBER == 2 && OLDFILM_TEXT == 3 &&
          OLDFILM_CHOICE == 4 && OLDFILM_FILE == 5,
      "parameters");
CHECK(OLDFILM_LIVE == 1 && OLDFILM_ONE_THREAD == 0 && OLDFILM_PER_STAGE == 1, "flags");
CHECK(OLDFILM_LOG_DEBUG == 0 && OLDFILM_LOG_INFO == 1 && OLDFILM_LOG_WARNING == 2, "levels");

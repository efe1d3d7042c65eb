/**
 * @file
 * The interface between oldfilm and its stage plugins, in C11 and C++17 with the C standard library
 * only.
 *
 * A plugin library exports one symbol, `oldfilm_plugin`. C++ authors use <oldfilm/stage.hpp> (no
 * LibTorch) or <oldfilm/stage_torch.hpp>, which wrap it.
 *
 * General rules:
 *  - [worker]: called on the thread that drives the stage's device, one call at a time per stage.
 *    [any]: may be called on any thread, concurrently.
 *  - No exceptions cross the interface. A function that fails calls `host->fail` with a message and
 *    returns a status other than OLDFILM_OK.
 *  - Unless stated otherwise, pointers are not null, and those passed to a call are borrowed: valid
 *    until it returns.
 *  - Structs that begin with `size` (in bytes, set by whoever fills the struct) may grow at the
 *    end: do not access fields beyond `size`. Arrays contain pointers to such structs, so that
 *    these can grow. All other structs are fixed for the major version.
 */
#ifndef OLDFILM_PLUGIN_H
#define OLDFILM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ABI history, newest first:
 *  1.2  oldfilm_tensor.stream and ready are honored on devices, including those other than CUDA;
 *       restore_analysis is required with analyze; close may be called on any thread; upper limits
 *       for the answers of configure
 *  1.1  oldfilm_config.edges: windows that stay inside the shot
 *  1.0  first version */
/** Plugins with another major version are refused. */
#define OLDFILM_ABI_MAJOR 1u
/** Plugins with a newer minor version than that of the host are refused. */
#define OLDFILM_ABI_MINOR 2u

/** Largest number of dimensions of a tensor. */
#define OLDFILM_MAX_DIMS 5

/** Exports `oldfilm_plugin` if symbols are hidden by default. */
#if defined(__GNUC__)
#define OLDFILM_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define OLDFILM_PLUGIN_EXPORT
#endif

/** Status codes. */
enum {
    OLDFILM_OK = 0,
    OLDFILM_FAILED = 1,
    OLDFILM_CANCELLED = 2,
    OLDFILM_OUT_OF_MEMORY = 3,
    OLDFILM_INVALID = 4 /**< unsupported parameters or input format */
};

/** Element types of tensors. */
enum { OLDFILM_FLOAT32 = 0, OLDFILM_UINT8 = 1, OLDFILM_INT64 = 2 };

/** Types of device, numbered as in DLPack. */
enum {
    OLDFILM_CPU = 1,
    OLDFILM_CUDA = 2,
    /** The device of the run, of a type that the program registered with LibTorch; the program
     * defines its streams and events (<oldfilm/native_streams.hpp>). */
    OLDFILM_OTHER_DEVICE = 12
};

/** A fraction, such as a time base in seconds. Fixed for the major version. */
typedef struct oldfilm_rational {
    int64_t num;
    int64_t den; /**< > 0 */
} oldfilm_rational;

/**
 * A tensor that is passed across the interface. Fixed for the major version.
 *
 * Lent (inputs): `release` is null; the receiver may read it until the call returns.
 * Given (outputs): the receiver owns it and releases it once, by `release(owner, stream)`, or, if
 * `impl` is set, by dropping the reference of `impl` instead.
 *
 * On a device (since 1.2), neither side waits for queued work; streams and events define the order:
 *  - The data is ready after the event `ready`, or, if that is null, after the work queued on
 *    `stream` when the call begins (lent) or returns (given).
 *  - A receiver that reads a lent tensor on another stream makes that stream wait for this first,
 *    and makes `stream` wait for its reads before the call returns. `ready` or `stream` of an
 *    output of the same call may take the place of the latter.
 *  - The memory may be reused after the work queued on the stream passed to `release`. The host
 *    orders all of its uses before that; a plugin passes the stream on which it last used the
 *    tensor.
 * A null stream is the default stream of the device. An event belongs to the side that created it,
 * and must live until `release`.
 */
typedef struct oldfilm_tensor {
    /** c10::TensorImpl*, if both sides have the same runtime tag; else null. Lent: borrowed; given:
     * one strong reference. If set, only the host fills in the other fields. */
    void* impl;
    void* data; /**< first element, in memory of the device; read-only if `impl` is set; null if no
                   tensor is given */
    int32_t device_type;
    int32_t device_index;
    int32_t dtype;
    int32_t ndim;
    int64_t shape[OLDFILM_MAX_DIMS];
    int64_t strides[OLDFILM_MAX_DIMS]; /**< in elements, never negative; may be 0 in inputs */
    void* ready;  /**< on CUDA a cudaEvent_t; may be null; null on the CPU and in tensors from the
                     host */
    void* stream; /**< on CUDA a cudaStream_t; may be null; null on the CPU and in tensors from the
                     host with `impl` (LibTorch's current stream) */
    void* owner;  /**< passed to `release`; may be null */
    /** [any] Also during calls of the stage, and after its `destroy`. Null if lent. */
    void (*release)(void* owner, void* stream);
} oldfilm_tensor;

/** H.273 code points; see <oldfilm/color.hpp>. Fixed for the major version. */
typedef struct oldfilm_color {
    uint8_t primaries, transfer, matrix, range, siting;
    uint8_t reserved[3];
} oldfilm_color;

/** A frame, lent to the stage. */
typedef struct oldfilm_frame {
    size_t size;
    /** C x H x W float32, nominally in [0, 1], not clamped; C is 1 or 3. Read-only. */
    const oldfilm_tensor* picture;
    const oldfilm_tensor* mask; /**< 1 x H x W float32, 1 where repaired; may be null */
    int64_t index;              /**< number in the input of the stage, from 0 */
    int64_t pts;                /**< in ticks of `time_base` */
    int64_t duration;           /**< likewise */
    oldfilm_rational time_base; /**< length of a tick, in seconds */
    int32_t shot;               /**< number of the shot, from 0 */
    int32_t origin;             /**< 0 decoded, 1 interpolated, 2 held */
    oldfilm_color color;
} oldfilm_frame;

/** The properties that all frames of a stream share. */
typedef struct oldfilm_format {
    size_t size;
    int32_t channels; /**< 1 or 3 */
    int32_t device_type;
    int64_t height;
    int64_t width;
    oldfilm_rational rate; /**< frames per second; 0/1 if irregular */
    oldfilm_color color;
    int32_t device_index;
    int32_t reserved;
} oldfilm_format;

/** State of a stage. */
enum {
    OLDFILM_STATELESS = 0, /**< an output depends only on its window */
    OLDFILM_WARM_UP = 1    /**< also on the `warm_up` frames before it, in the same shot */
};

/** Windows at the ends of a shot.
 *
 * *Rationale*: a stage that compares frames learns nothing from a repeated one. */
enum {
    OLDFILM_REPEAT = 0, /**< the center stays in the middle; the shot's end frame is repeated */
    /** The window is shifted into the shot, if that is long enough, and the center moves: no frame
     * is repeated, and the host holds no additional ones (since 1.1). */
    OLDFILM_INSIDE = 1
};

/** The result of `configure`. The host initializes it: the output equals the input, no window, a
 * batch of 1. Rate changers: only channels, height, width, rate and memory are used. */
typedef struct oldfilm_config {
    size_t size;
    int32_t channels; /**< of the output, 1 or 3 */
    int32_t before;   /**< frames before the center in a window, at most 999 */
    int64_t height;   /**< of the output, at most 2^20 */
    int64_t width;    /**< of the output, at most 2^20 */
    /** Of the output. If it is not that of the input, the stage is a rate changer, which produces
     * the pictures between two frames (see oldfilm_request). */
    oldfilm_rational rate;
    int32_t after;           /**< frames after the center, at most 999 */
    int32_t batch;           /**< largest number of requests per `process`, 1 to 1000 */
    int32_t state;           /**< OLDFILM_STATELESS or OLDFILM_WARM_UP */
    int32_t warm_up;         /**< at most 100000 */
    int32_t analysis_frames; /**< if > 0, `analyze` receives up to this number of frames from the
                                start of each shot, before `process`; at most 100000; 0 if `analyze`
                                is null */
    int32_t edges;           /**< OLDFILM_REPEAT or OLDFILM_INSIDE */
    int64_t memory; /**< bytes of working memory of `process`, without models; 0 if unknown */
} oldfilm_config;

/** An output of `process`. Owned by the host, which initializes it to zeros. */
typedef struct oldfilm_result {
    size_t size;
    int32_t unchanged; /**< 1: the output is the center frame (rate changers: `frames[0]`), bit for
                          bit; the tensors are then ignored */
    int32_t has_mask;  /**< 1: `mask` is given */
    oldfilm_tensor picture; /**< given; C x H x W float32, of the size and channels from
                               `configure`, without NaN and infinity */
    oldfilm_tensor mask;    /**< given; 1 x H x W float32, 1 where repaired; combined with that of
                               earlier stages by maximum; ignored for rate changers */
} oldfilm_result;

/**
 * A requested output.
 *
 * Frame-wise stages: `frames` has before + 1 + after entries; `frames[center]` is the frame to
 * restore. Entries beyond the ends of the film and beyond cuts repeat the nearest frame of the
 * shot; with OLDFILM_INSIDE the window is shifted instead, and only a shot shorter than the window
 * repeats its last frame. Rate changers: two entries of the same shot, with `position` in (0, 1)
 * between them.
 */
typedef struct oldfilm_request {
    size_t size;
    int64_t index; /**< number of the output, from 0 */
    const oldfilm_frame* const* frames;
    uint32_t count;
    uint32_t center;
    double position;
    oldfilm_result* result; /**< to be filled in before `process` returns */
} oldfilm_request;

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
    const char* text; /**< TEXT, CHOICE, FILE */
} oldfilm_value;

enum { OLDFILM_LIVE = 1 /**< may change during a run */ };

/** A row of the parameter table of a plugin. */
typedef struct oldfilm_parameter {
    size_t size;
    const char* name; /**< [a-z][a-z0-9_]* */
    int32_t type;
    uint32_t flags; /**< 0 or OLDFILM_LIVE */
    oldfilm_value initial;
    double minimum; /**< inclusive; INTEGER and NUMBER only */
    double maximum;
    const char* const* choices; /**< CHOICE: null-terminated; otherwise null */
    const char* unit;           /**< may be empty */
    const char* help;           /**< one line */
} oldfilm_parameter;

/** The host, as seen by one stage. Valid from `create` until `destroy` returns. */
typedef struct oldfilm_host {
    size_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    void* context;      /**< for the host; may be null */
    const char* folder; /**< of the plugin library; "" for a stage that is part of the program */
    /** [any] A service by name and version, such as OLDFILM_EXT_MODEL, valid as long as the host;
     * null if not offered. */
    const void* (*get_extension)(const struct oldfilm_host* host, const char* id);
    /** [any] Reports why the current function fails, before it returns a status. `sentence` is
     * copied: what was expected, what was found, what to do. */
    void (*fail)(const struct oldfilm_host* host, const char* sentence);
} oldfilm_host;

/** A stage instance; opaque to the host. */
typedef struct oldfilm_stage oldfilm_stage;

/** Threading classes. Calls of one stage never overlap.
 *
 * *Rationale*: OLDFILM_ONE_THREAD is for plugins with global state. Runs then wait for each other,
 * and a film cannot be distributed over several devices. */
enum {
    OLDFILM_ONE_THREAD = 0, /**< no two calls of the plugin's stages overlap in the process */
    OLDFILM_PER_STAGE = 1   /**< calls of different stages of the plugin may overlap */
};

/** Static description of a plugin. It and everything that it points to must be valid, and
 * unchanged, as long as the library is loaded. */
typedef struct oldfilm_plugin_description {
    size_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    const char* id;      /**< reverse DNS, such as "org.oldfilm.superres" */
    const char* name;    /**< short name, such as "superres" */
    const char* version; /**< SemVer */
    const char* summary; /**< one line */
    const char* runtime; /**< version and C++ ABI of LibTorch, such as "2.11+cxx11"; "" or null
                            without LibTorch */
    int32_t threading;   /**< OLDFILM_ONE_THREAD or OLDFILM_PER_STAGE */
    uint32_t parameter_count;
    const oldfilm_parameter* const* parameters; /**< may be null if there are none */

    /** [any] Creates a stage, owned by the host until `destroy`. Should be lightweight: open models
     * in `configure`. */
    int32_t (*create)(const oldfilm_host* host, oldfilm_stage** stage);
    /** [worker, or any thread before the stage works] Called once, before the first frame; again
     * with a rate of 1 if it returns OLDFILM_INVALID for an irregular one. `values` has one entry
     * per parameter, in the order of the table. */
    int32_t (*configure)(oldfilm_stage* stage, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config);
    /** [worker] Live parameters have changed, from the next `process` on. `values` as in
     * `configure`. May be null. */
    int32_t (*change)(oldfilm_stage* stage, const oldfilm_value* values);
    /** [worker] Receives a frame of the next shot. May be null if `analysis_frames` is always 0. */
    int32_t (*analyze)(oldfilm_stage* stage, const oldfilm_frame* frame);
    /** [worker] Called after the last `analyze` of a shot. `*json` receives the findings as JSON
     * text, owned by the stage and valid until its next call; null means none. Invalid JSON fails
     * the stage. Null if and only if `analyze` is.
     *
     * *Rationale*: the stage owns the text, so that host and plugin need no common allocator. */
    int32_t (*finish_analysis)(oldfilm_stage* stage, const char** json);
    /** [worker] Called instead of `analyze` and `finish_analysis` in a run that resumes, with the
     * findings of the earlier run. Not null if `analyze` is not.
     *
     * *Rationale*: a run that resumes within a shot does not see the frames that were analyzed (see
     * Note [Determinism] in <oldfilm/pipeline.hpp>). */
    int32_t (*restore_analysis)(oldfilm_stage* stage, const char* json);
    /** [worker] Produces `count` outputs, 1 <= count <= batch, with consecutive numbers. */
    int32_t (*process)(oldfilm_stage* stage, const oldfilm_request* const* requests,
                       uint32_t count);
    /** [worker] Called at the start of each shot, before its frames: discard all state of the
     * previous one. May be null. */
    void (*reset)(oldfilm_stage* stage);
    /** [any] Destroys the stage. Called once; no other call overlaps or follows. Services may be
     * used. */
    void (*destroy)(oldfilm_stage* stage);
} oldfilm_plugin_description;

/** [any] The symbol that a plugin library exports. Returns its plugins by index, from 0, and null
 * for all larger indices; always the same result. */
typedef const oldfilm_plugin_description* (*oldfilm_plugin_function)(uint32_t index);
OLDFILM_PLUGIN_EXPORT const oldfilm_plugin_description* oldfilm_plugin(uint32_t index);

/* ---- Services of the host ----------------------------------------------------------------- */

/** Warnings and info messages: oldfilm_log. */
#define OLDFILM_EXT_LOG "oldfilm.log/1"
enum { OLDFILM_LOG_DEBUG = 0, OLDFILM_LOG_INFO = 1, OLDFILM_LOG_WARNING = 2 };
/** The service OLDFILM_EXT_LOG. */
typedef struct oldfilm_log {
    size_t size;
    /** [any] Writes a line, which is copied. OLDFILM_LOG_DEBUG is discarded. */
    void (*write)(const oldfilm_host* host, int32_t level, const char* line);
} oldfilm_log;

/** Cancellation: oldfilm_cancel. */
#define OLDFILM_EXT_CANCEL "oldfilm.cancel/1"
/** The service OLDFILM_EXT_CANCEL. */
typedef struct oldfilm_cancel {
    size_t size;
    /** [any] 1 if the run was canceled; the stage should then return OLDFILM_CANCELLED soon. */
    int32_t (*cancelled)(const oldfilm_host* host);
} oldfilm_cancel;

/** Memory on the device of the stage: oldfilm_tensors. */
#define OLDFILM_EXT_TENSOR "oldfilm.tensor/1"
/** The service OLDFILM_EXT_TENSOR. */
typedef struct oldfilm_tensors {
    size_t size;
    /** [worker] Gives the caller an uninitialized contiguous tensor on the device of the stage.
     * `shape` has `ndim` entries, and may be null if that is 0. */
    int32_t (*allocate)(const oldfilm_host* host, int32_t dtype, int32_t ndim, const int64_t* shape,
                        oldfilm_tensor* tensor);
} oldfilm_tensors;

/** Model packages: oldfilm_models. */
#define OLDFILM_EXT_MODEL "oldfilm.model/1"
/** An open model package; opaque to the plugin. Stages of a pipeline that open the same package
 * share it. */
typedef struct oldfilm_model oldfilm_model;
/** The service OLDFILM_EXT_MODEL. */
typedef struct oldfilm_models {
    size_t size;
    /** [worker] Opens a package, to be closed by `close`. `package` is a path relative to the
     * folder of the plugin, an absolute path, or a name in the models folder of the user. `task`
     * must be that of the manifest; "" accepts any. */
    int32_t (*open)(const oldfilm_host* host, const char* package, const char* task,
                    oldfilm_model** model);
    /** [any] The manifest as JSON text, valid until `close`. */
    const char* (*manifest)(const oldfilm_model* model);
    /** [worker] Runs the network. `inputs` are lent, `outputs` are given, both N x ... float32 in
     * the order of the manifest. The host pads, tiles, splits batches and selects the precision.
     * `output_count` must be that of the model. */
    int32_t (*run)(const oldfilm_host* host, oldfilm_model* model,
                   const oldfilm_tensor* const* inputs, uint32_t input_count,
                   oldfilm_tensor* outputs, uint32_t output_count);
    /** [any] Call it once per `open`, when no `run` of the model is in progress. */
    void (*close)(const oldfilm_host* host, oldfilm_model* model);
} oldfilm_models;

/** Optical flow: oldfilm_flows. */
#define OLDFILM_EXT_FLOW "oldfilm.flow/1"
/** The service OLDFILM_EXT_FLOW. */
typedef struct oldfilm_flows {
    size_t size;
    /** [worker] Dense optical flow from `from` to `to` (C x H x W float32, of the same size), 2 x H
     * x W float32 on the device of the stage, in pixels (x, then y): to(p + flow(p)) matches
     * from(p). Method: DIS (Kroeger et al., ECCV 2016) on 8-bit luma, computed at half resolution.
     * The latest pairs of pictures (4 to 16, by size) are cached. `flow` is given; the caller may
     * write to it. Fails in builds without OpenCV. */
    int32_t (*flow)(const oldfilm_host* host, const oldfilm_tensor* from, const oldfilm_tensor* to,
                    oldfilm_tensor* flow);
    /** [worker] The same at full resolution, for output that shows warped pictures directly. About
     * three times slower. May lie beyond `size`. */
    int32_t (*fine_flow)(const oldfilm_host* host, const oldfilm_tensor* from,
                         const oldfilm_tensor* to, oldfilm_tensor* flow);
} oldfilm_flows;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_H */

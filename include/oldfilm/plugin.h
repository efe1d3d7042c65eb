/**
 * @file
 * The boundary between oldfilm and its stage plugins: C11 and C++17, nothing but the C standard.
 *
 * A plugin library exports one symbol, `oldfilm_plugin`. Authors who write C++ use
 * <oldfilm/stage.hpp> (no LibTorch) or <oldfilm/stage_torch.hpp> over it.
 *
 * Rules that hold everywhere:
 *  - [worker]: called on the thread that drives the stage's device; never two at once for one
 * stage, unless the plugin's threading class says otherwise. [any]: any thread, several at once.
 *  - Nothing throws across. A function that fails calls `host->fail` with a sentence and returns a
 *    status other than OLDFILM_OK.
 *  - Pointers that a call receives are borrowed: valid until it returns, unless it says otherwise.
 *  - Structs that begin with `size` may grow at the end; the reader looks at no field beyond
 * `size`. Arrays hold pointers to such structs, so that they can grow too. Others are fixed for the
 * major.
 */
#ifndef OLDFILM_PLUGIN_H
#define OLDFILM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ABI history, newest first:
 *  1.2  oldfilm_tensor.stream and ready are kept to on devices, also on others than CUDA's;
 *       restore_analysis must be there where analyze is; close may be called on any thread; what
 *       configure answers has upper limits
 *  1.1  oldfilm_config.edges: windows that stay inside the shot
 *  1.0  first version */
/** Plugins of another major are refused. */
#define OLDFILM_ABI_MAJOR 1u
/** Plugins of a newer minor than the host's are refused. */
#define OLDFILM_ABI_MINOR 2u

/** Most dimensions that a tensor has. */
#define OLDFILM_MAX_DIMS 5

/** Makes `oldfilm_plugin` visible where all else is hidden. */
#if defined(__GNUC__)
#define OLDFILM_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define OLDFILM_PLUGIN_EXPORT
#endif

/** Results of functions. */
enum {
    OLDFILM_OK = 0,
    OLDFILM_FAILED = 1,
    OLDFILM_CANCELLED = 2,
    OLDFILM_OUT_OF_MEMORY = 3,
    OLDFILM_INVALID = 4 /**< parameters or format that the stage cannot work with */
};

/** Element types of tensors. */
enum { OLDFILM_FLOAT32 = 0, OLDFILM_UINT8 = 1, OLDFILM_INT64 = 2 };

/** Kinds of device; the numbers are DLPack's. */
enum {
    OLDFILM_CPU = 1,
    OLDFILM_CUDA = 2,
    OLDFILM_OTHER_DEVICE = 12 /**< the run's, of a kind that the program registered with LibTorch;
                                   its streams and events are what the program says they are (see
                                   <oldfilm/native_streams.hpp>) */
};

/** A fraction, such as a time base in seconds. Fixed for the major version. */
typedef struct oldfilm_rational {
    int64_t num;
    int64_t den; /**< > 0 */
} oldfilm_rational;

/**
 * A tensor that crosses the boundary. Fixed for the major version.
 *
 * Lent (inputs): `release` is null; the receiver may read until the call returns.
 * Given (outputs): the receiver owns it and gives it back once, through `release(owner, stream)`,
 * ordered after the work queued on `stream`; for LibTorch tensors by dropping `impl`'s reference.
 *
 * On a device (from 1.2) nobody waits for work that is queued; order is kept by streams and events:
 *  - Whoever lends or gives says when the data is there: after the event `ready`, or where that is
 *    null after what is queued on `stream` when the call begins (lent) or returns (given).
 *  - A receiver that reads what it was lent on another stream has that one wait for this first, and
 *    `stream` wait for its reading before the call returns. The `ready` or `stream` of an output of
 *    the same call may stand for the latter.
 *  - `release` is told a stream: memory may be used again after what is queued there at that time.
 *    The host has ordered all of its uses before that; a plugin passes the stream on which it used
 *    the tensor last.
 * Null as a stream is the device's default stream. An event stays its maker's, and must live until
 * `release`.
 */
typedef struct oldfilm_tensor {
    void* impl; /**< c10::TensorImpl*, when both sides have the same runtime tag, else null. Lent: a
                     borrowed pointer; given: one strong reference. When set, the rest is only
                   filled in by the host. */
    void* data; /**< first element, on the device; beside `impl` for reading only */
    int32_t device_type;
    int32_t device_index;
    int32_t dtype;
    int32_t ndim;
    int64_t shape[OLDFILM_MAX_DIMS];
    int64_t strides[OLDFILM_MAX_DIMS]; /**< in elements, never negative; may be 0 on input */
    void* ready; /**< on CUDA a cudaEvent_t; null on the CPU, and in what the host lends or gives */
    void* stream; /**< on CUDA a cudaStream_t; null on the CPU */
    void* owner;
    /** Null when lent. [any], also while the stage is called, and after its `destroy`. */
    void (*release)(void* owner, void* stream);
} oldfilm_tensor;

/** H.273 code points, as <oldfilm/color.hpp> explains them. Fixed for the major version. */
typedef struct oldfilm_color {
    uint8_t primaries, transfer, matrix, range, siting;
    uint8_t reserved[3];
} oldfilm_color;

/** A frame, lent to the stage. */
typedef struct oldfilm_frame {
    size_t size;
    const oldfilm_tensor*
        picture; /**< C x H x W float32, nominally [0, 1], never clamped; C is 1 or 3 */
    const oldfilm_tensor* mask; /**< 1 x H x W float32, 1 where repaired; may be null */
    int64_t index;              /**< number in the stage's input, from 0 */
    int64_t pts;
    int64_t duration;
    oldfilm_rational time_base; /**< seconds a tick */
    int32_t shot;
    int32_t origin; /**< 0 decoded, 1 interpolated, 2 held */
    oldfilm_color color;
} oldfilm_frame;

/** What frames of a stream have in common. */
typedef struct oldfilm_format {
    size_t size;
    int32_t channels; /**< 1 or 3 */
    int32_t device_type;
    int64_t height;
    int64_t width;
    oldfilm_rational rate; /**< frames a second; 0/1 when times are irregular */
    oldfilm_color color;
    int32_t device_index;
    int32_t reserved;
} oldfilm_format;

/** How a stage remembers. */
enum {
    OLDFILM_STATELESS = 0, /**< an output depends on its window alone */
    OLDFILM_WARM_UP =
        1 /**< it depends on the `warm_up` frames before its window too, in this shot */
};

/** What a window is at a shot's ends. */
enum {
    OLDFILM_REPEAT = 0, /**< the center stays in its middle; places beyond repeat the end's frame */
    OLDFILM_INSIDE = 1  /**< it stays inside the shot as far as that is long enough, and the center
                           moves: no frame is seen twice, and no more are held (from 1.1) */
};

/** A stage's answer to `configure`. The host fills it with "as the input, no window" before the
 * call. */
typedef struct oldfilm_config {
    size_t size;
    int32_t channels; /**< of the output */
    int32_t before;   /**< frames before the center that `process` wants, at most 999 */
    int64_t height;   /**< at most 2^20, as `width` */
    int64_t width;
    oldfilm_rational rate; /**< another rate than the input's makes the stage a rate changer: the
                              host asks for the pictures between two frames, see oldfilm_request */
    int32_t after;         /**< at most 999 */
    int32_t batch;         /**< most requests that one `process` takes, 1 to 1000 */
    int32_t state;
    int32_t warm_up;         /**< at most 100000 */
    int32_t analysis_frames; /**< > 0: `analyze` sees up to so many frames from each shot's start
                                before `process` sees the shot; at most 100000 */
    int32_t edges;           /**< OLDFILM_REPEAT or OLDFILM_INSIDE; rate changers have none */
    int64_t
        memory; /**< bytes of work space that `process` needs beside its model; 0 when unknown */
} oldfilm_config;

/** Where a stage puts what it made. */
typedef struct oldfilm_result {
    size_t size;
    int32_t unchanged;      /**< set to 1: the output is the center frame itself, bit for bit */
    int32_t has_mask;       /**< set to 1 when `mask` is given */
    oldfilm_tensor picture; /**< given; of the size and channels that `configure` answered */
    oldfilm_tensor mask;    /**< given; 1 x H x W */
} oldfilm_result;

/**
 * One output that the host wants.
 *
 * Frame-wise stages: `frames` holds before + 1 + after entries; `frames[center]` is the frame to
 * restore. Places beyond the film's ends and beyond cuts repeat the nearest frame of the shot, or
 * the window lies further inside (`edges`), where only a shot shorter than it is repeats its last
 * frame. Rate changers: two entries, and `position` in (0, 1) between them; they belong to one
 * shot.
 */
typedef struct oldfilm_request {
    size_t size;
    int64_t index; /**< number of the output */
    const oldfilm_frame* const* frames;
    uint32_t count;
    uint32_t center;
    double position;
    oldfilm_result* result;
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

/** A value; the parameter's type says which member counts. Fixed for the major version. */
typedef struct oldfilm_value {
    int64_t integer;
    double number;
    const char* text;
} oldfilm_value;

enum { OLDFILM_LIVE = 1 /**< may change while running */ };

/** One row of a plugin's parameter table. */
typedef struct oldfilm_parameter {
    size_t size;
    const char* name; /**< [a-z][a-z0-9_]* */
    int32_t type;
    uint32_t flags;
    oldfilm_value initial;
    double minimum; /**< of INTEGER and NUMBER, inclusive */
    double maximum;
    const char* const* choices; /**< of CHOICE, ends with null; else null */
    const char* unit;           /**< may be empty */
    const char* help;           /**< one line */
} oldfilm_parameter;

/** What the host offers a stage. Valid from `create` until `destroy` returns. */
typedef struct oldfilm_host {
    size_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    void* context;      /**< the host's own */
    const char* folder; /**< where the plugin library lies */
    /** [any] A service by name and version, such as "oldfilm.model/1"; null when not offered. */
    const void* (*get_extension)(const struct oldfilm_host* host, const char* id);
    /** [any] Says why the function that is about to return a status fails. `sentence` is copied. */
    void (*fail)(const struct oldfilm_host* host, const char* sentence);
} oldfilm_host;

/** A stage at work; the plugin's own. */
typedef struct oldfilm_stage oldfilm_stage;

/** Threading classes. */
enum {
    OLDFILM_ONE_THREAD = 0, /**< the stages of this plugin are never called at the same time, in
                                 whichever run of the process they are */
    OLDFILM_PER_STAGE = 1   /**< different stages of this plugin may be called at the same time */
};

/** Static description of one plugin. Everything that it points to lives as long as the library is
 * loaded. */
typedef struct oldfilm_plugin_description {
    size_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    const char* id;      /**< reverse DNS, such as "org.oldfilm.superres" */
    const char* name;    /**< short name, such as "superres" */
    const char* version; /**< SemVer */
    const char* summary; /**< one line */
    const char* runtime; /**< "" or LibTorch's major.minor and C++ ABI, such as "2.11+cxx11" */
    int32_t threading;
    uint32_t parameter_count;
    const oldfilm_parameter* const* parameters;

    /** [any] Makes a stage. Light: models are opened in `configure`. */
    int32_t (*create)(const oldfilm_host* host, oldfilm_stage** stage);
    /** [worker] Before the first frame. `values` has one entry per parameter, in the table's order.
     */
    int32_t (*configure)(oldfilm_stage* stage, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config);
    /** [worker] Live parameters changed; takes effect with the next `process`. May be null. */
    int32_t (*change)(oldfilm_stage* stage, const oldfilm_value* values);
    /** [worker] One frame of the shot that comes next. Null when `analysis_frames` is never above
     * 0.
     */
    int32_t (*analyze)(oldfilm_stage* stage, const oldfilm_frame* frame);
    /** [worker] After the last `analyze` of a shot: what was found, as JSON text, owned by the
     * stage until its next call. Null together with `analyze`. What is no JSON fails the stage. */
    int32_t (*finish_analysis)(oldfilm_stage* stage, const char** json);
    /** [worker] Instead of `analyze`: what an earlier run found for the shot that comes next. Null
     * together with `analyze`. */
    int32_t (*restore_analysis)(oldfilm_stage* stage, const char* json);
    /** [worker] Makes `count` outputs, 1 <= count <= batch, with consecutive numbers. */
    int32_t (*process)(oldfilm_stage* stage, const oldfilm_request* const* requests,
                       uint32_t count);
    /** [worker] At each cut, before anything of the new shot is seen: forget what was before. May
     * be null. */
    void (*reset)(oldfilm_stage* stage);
    /** [any] Ends the stage; no call is under way, and none comes after. Services may be used. */
    void (*destroy)(oldfilm_stage* stage);
} oldfilm_plugin_description;

/** [any] The plugin library's one symbol. Pure: the same answer each time; null from the first
 * index on that it has no plugin for. */
typedef const oldfilm_plugin_description* (*oldfilm_plugin_function)(uint32_t index);
OLDFILM_PLUGIN_EXPORT const oldfilm_plugin_description* oldfilm_plugin(uint32_t index);

/* ---- The host's services ------------------------------------------------------------------------
 */

/** Warnings and news: oldfilm_log. */
#define OLDFILM_EXT_LOG "oldfilm.log/1"
enum { OLDFILM_LOG_DEBUG = 0, OLDFILM_LOG_INFO = 1, OLDFILM_LOG_WARNING = 2 };
/** The service OLDFILM_EXT_LOG. */
typedef struct oldfilm_log {
    size_t size;
    /** [any] One line, copied. */
    void (*write)(const oldfilm_host* host, int32_t level, const char* line);
} oldfilm_log;

/** Whether the run is to end: oldfilm_cancel. */
#define OLDFILM_EXT_CANCEL "oldfilm.cancel/1"
/** The service OLDFILM_EXT_CANCEL. */
typedef struct oldfilm_cancel {
    size_t size;
    /** [any] 1 when the run is to end; the stage then returns OLDFILM_CANCELLED soon. */
    int32_t (*cancelled)(const oldfilm_host* host);
} oldfilm_cancel;

/** Memory on the stage's device: oldfilm_tensors. */
#define OLDFILM_EXT_TENSOR "oldfilm.tensor/1"
/** The service OLDFILM_EXT_TENSOR. */
typedef struct oldfilm_tensors {
    size_t size;
    /** [worker] An uninitialized contiguous tensor on the stage's device, given to the caller. */
    int32_t (*allocate)(const oldfilm_host* host, int32_t dtype, int32_t ndim, const int64_t* shape,
                        oldfilm_tensor* tensor);
} oldfilm_tensors;

/** Model packages: oldfilm_models. */
#define OLDFILM_EXT_MODEL "oldfilm.model/1"
/** An open model package; the host's own. Stages that open the same package share it. */
typedef struct oldfilm_model oldfilm_model;
/** The service OLDFILM_EXT_MODEL. */
typedef struct oldfilm_models {
    size_t size;
    /** [worker] Opens a package: a path relative to the plugin's folder (of its own models), an
     * absolute path, or a name in the user's models folder. `task` must be the manifest's. */
    int32_t (*open)(const oldfilm_host* host, const char* package, const char* task,
                    oldfilm_model** model);
    /** [any] The manifest as JSON text; lives as long as the model. */
    const char* (*manifest)(const oldfilm_model* model);
    /** [worker] Runs the network: `inputs` lent, in the manifest's order, N x ... float32;
     * `outputs` given, in the manifest's order. The host pads, tiles, batches and chooses the
     * precision. */
    int32_t (*run)(const oldfilm_host* host, oldfilm_model* model,
                   const oldfilm_tensor* const* inputs, uint32_t input_count,
                   oldfilm_tensor* outputs, uint32_t output_count);
    /** [any] Once for each `open`, no `run` of it being under way. */
    void (*close)(const oldfilm_host* host, oldfilm_model* model);
} oldfilm_models;

/** Optical flow: oldfilm_flows. */
#define OLDFILM_EXT_FLOW "oldfilm.flow/1"
/** The service OLDFILM_EXT_FLOW. */
typedef struct oldfilm_flows {
    size_t size;
    /** [worker] Dense optical flow from `from` to `to`, 2 x H x W float32 on the stage's device, in
     * pixels (x, then y): to(p + flow(p)) looks like from(p). Computed once for a pair of pictures
     * and kept while both live. Method: DIS (Kroeger et al., ECCV 2016) on luma. `flow` is given:
     * the caller's own, to write to as it likes. */
    int32_t (*flow)(const oldfilm_host* host, const oldfilm_tensor* from, const oldfilm_tensor* to,
                    oldfilm_tensor* flow);
    /** [worker] The same, searched on to the full size instead of half: for what shows warped
     * pictures themselves. Three times the time. May lie beyond `size`. */
    int32_t (*fine_flow)(const oldfilm_host* host, const oldfilm_tensor* from,
                         const oldfilm_tensor* to, oldfilm_tensor* flow);
} oldfilm_flows;

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_PLUGIN_H */

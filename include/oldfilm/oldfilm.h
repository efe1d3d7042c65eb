/**
 * @file
 * The C API of oldfilm, for programs in C and in languages that can call C: restores files, and
 * runs pipelines on frames in memory. Link `oldfilm::c`. C11 and C++17; needs neither LibTorch's
 * nor FFmpeg's headers.
 *
 * General rules:
 *  - A function that can fail returns OLDFILM_OK or one of the codes OLDFILM_ERROR_..., and then
 *    oldfilm_last_error() has the reason. Its results are then unchanged. No C++ exception leaves a
 *    function.
 *  - [any]: may be called on any thread, concurrently. [one]: on any thread, but one call at a time
 *    for an object.
 *  - Unless stated otherwise, pointers are not null; those passed to a call are borrowed until it
 *    returns. Texts are UTF-8.
 *  - An object that a function returns belongs to the caller, who frees it with the function named
 *    there. The functions that free accept null.
 *  - Structs that begin with `size` may grow at the end. The caller sets `size` to the size of the
 *    struct, also of one that a function fills in: fields beyond `size` are neither read nor
 *    written.
 */
#ifndef OLDFILM_OLDFILM_H
#define OLDFILM_OLDFILM_H

#include <oldfilm/plugin/ext/log.h>
#include <oldfilm/plugin/frame.h>
#include <oldfilm/plugin/status.h>

#include <stddef.h>
#include <stdint.h>

/** Marks the functions of the C API. */
#if defined(__GNUC__)
#define OLDFILM_C_API __attribute__((visibility("default")))
#else
#define OLDFILM_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Error codes; see oldfilm::Errc in <oldfilm/error.hpp>. */
enum {
    OLDFILM_ERROR_INVALID_ARGUMENT = 1, /**< out of range, of the wrong type or unknown; null */
    OLDFILM_ERROR_NOT_FOUND = 2,        /**< a file, stage, preset or model does not exist */
    OLDFILM_ERROR_UNREADABLE = 3,       /**< a file is damaged, or not of the expected kind */
    OLDFILM_ERROR_UNSUPPORTED = 4,      /**< valid, but not supported */
    OLDFILM_ERROR_INCOMPATIBLE = 5,     /**< a plugin, model or checkpoint does not match */
    OLDFILM_ERROR_FORMAT_MISMATCH = 6,  /**< a frame has another size or type than expected */
    OLDFILM_ERROR_OUT_OF_MEMORY = 7,    /**< the limit, or the machine's memory, is too small */
    OLDFILM_ERROR_IO = 8,               /**< writing failed */
    OLDFILM_ERROR_STAGE_FAILED = 9,     /**< a stage failed or violated its contract */
    OLDFILM_ERROR_CANCELLED = 10,       /**< canceled by the caller */
    OLDFILM_ERROR_INTERNAL = 11         /**< a bug in oldfilm */
};

/** [any] What was expected, what was found and what to do, of the last call of this thread that
 * failed; "" if none did. Valid until the next call of this thread that fails. */
OLDFILM_C_API const char* oldfilm_last_error(void);

/** [any] The version of the library, such as "0.1.0". Static. */
OLDFILM_C_API const char* oldfilm_version(void);

/** [any] Frees a text that the library returned. May be null. */
OLDFILM_C_API void oldfilm_text_free(char* text);

/** Progress of a run. Filled in by the library. */
typedef struct oldfilm_progress {
    size_t size;
    int64_t frames_in;
    int64_t frames_out;
    int64_t frames_total; /**< expected input frames; -1 if unknown */
    double seconds;       /**< since the start */
    double fps;           /**< input frames per second */
    double eta;           /**< seconds remaining; -1 if unknown */
} oldfilm_progress;

/** What the library calls. Copied; `context` must be valid as long as it may be used.
 *
 * *Rationale*: a callback must not throw or jump: there is nothing above it that could continue. */
typedef struct oldfilm_callbacks {
    size_t size;
    void* context; /**< passed to each call; may be null */
    /** Called on any thread, one call at a time. `level` is OLDFILM_LOG_DEBUG,
     * OLDFILM_LOG_INFO or OLDFILM_LOG_WARNING. `line` is borrowed. May be null. */
    void (*log)(void* context, int32_t level, const char* line);
    /** Called a few times a second on the thread that called `oldfilm_restore`; not used by runs. A
     * result other than 0 cancels. May be null. */
    int32_t (*progress)(void* context, const oldfilm_progress* progress);
} oldfilm_callbacks;

/* ---- Pipelines ---------------------------------------------------------------------------- */

/** A chain of stages. Immutable: may be used by several threads and runs at the same time. */
typedef struct oldfilm_pipeline oldfilm_pipeline;

/** [any] Creates a pipeline from a document, as `oldfilm restore --pipeline` reads it:
 * {"oldfilm": 1, "device": "auto", "stages": [{"id": "superres", "parameters": {"scale": 2}}]}.
 * `base_folder` is the folder for relative paths in it; null for the working directory. Free it
 * with oldfilm_pipeline_free. */
OLDFILM_C_API int32_t oldfilm_pipeline_from_json(const char* json, const char* base_folder,
                                                 oldfilm_pipeline** pipeline);
/** [any] The same for a preset: "silent-film", "newsreel", "home-movie",
 * "tv-archive", "photo", "showcase-1896" or "showcase-video". */
OLDFILM_C_API int32_t oldfilm_pipeline_preset(const char* name, oldfilm_pipeline** pipeline);
/** [any] The pipeline as a document. Free it with oldfilm_text_free. */
OLDFILM_C_API int32_t oldfilm_pipeline_to_json(const oldfilm_pipeline* pipeline, char** json);
/** [any] What the pipeline does for frames of this format, as JSON: device, precision, windows,
 * parameters, checksums of models and plugins. Opens the models. Free it with oldfilm_text_free. */
OLDFILM_C_API int32_t oldfilm_pipeline_plan(const oldfilm_pipeline* pipeline,
                                            const oldfilm_format* input, char** json);
/** [any] Runs that were started continue. May be null. */
OLDFILM_C_API void oldfilm_pipeline_free(oldfilm_pipeline* pipeline);

/* ---- Files -------------------------------------------------------------------------------- */

/** The result of oldfilm_restore. Filled in by the library. */
typedef struct oldfilm_restore_result {
    size_t size;
    int64_t frames_in;
    int64_t frames_out;
    int64_t concealed; /**< corrupt frames of the input that were concealed */
    int64_t resumed;   /**< frames of the input that earlier calls had completed */
    double seconds;
} oldfilm_restore_result;

/** [any] Restores the film `input` into the file `output`, and returns when it is complete. An
 * interrupted call is resumed by the next one with the same arguments. `options` is JSON, or null
 * for the defaults, with any of these members:
 * {"codec": "", "crf": 16, "mask_in": "", "mask_out": "", "evidence_out": "", "overwrite": false,
 *  "audio": true, "subtitles": true, "drop_streams": false, "ignore_checkpoint": false,
 *  "source_fps": "16", "start": "0", "duration": "10", "deinterlace": false, "strict": false,
 *  "film_frames": false, "crop": {"left": 0, "top": 24, "width": 640, "height": 432},
 *  "shot_list": "", "decide_by_shot": ["colorize"]}
 * Times are seconds, and with rates texts such as "2.5" or "24000/1001". "deinterlace" may be
 * "auto": if combing is found. "film_frames" restores the film's own frames where duplicates show
 * them at another rate, and "crop" a part of each frame. "decide_by_shot" are stages that may be
 * switched off in shots that are not for them, such as title cards; see `RestoreOptions` in
 * restore.hpp for these. `callbacks` and `result` may be null. */
OLDFILM_C_API int32_t oldfilm_restore(const char* input, const char* output,
                                      const oldfilm_pipeline* pipeline, const char* options,
                                      const oldfilm_callbacks* callbacks,
                                      oldfilm_restore_result* result);

/* ---- Frames in memory ----------------------------------------------------------------------- */

/** One pass of a film through a pipeline. */
typedef struct oldfilm_run oldfilm_run;

/** Results of oldfilm_run_next. */
enum {
    OLDFILM_NEXT_FRAME = 0,   /**< a frame was returned */
    OLDFILM_NEXT_STARVED = 1, /**< no output until more frames are pushed, or the input is ended */
    OLDFILM_NEXT_END = 2      /**< the end of the film */
};

/** A restored frame. Filled in by the library; the tensors are given: release each that has data,
 * by `release(owner, stream)`. */
typedef struct oldfilm_output {
    size_t size;
    oldfilm_tensor picture; /**< C x H x W float32, nominally in [0, 1], not clamped; C is 1 or 3 */
    oldfilm_tensor
        mask; /**< 1 x H x W float32, 1 where repaired; `data` is null if there is none */
    int64_t index;
    int64_t pts;      /**< in ticks of `time_base` */
    int64_t duration; /**< likewise */
    oldfilm_rational time_base;
    int32_t shot;
    int32_t origin; /**< OLDFILM_DECODED, OLDFILM_INTERPOLATED or OLDFILM_HELD */
    oldfilm_color color;
} oldfilm_output;

/** [any] Starts a run for frames of this format; of `input` channels, height, width, rate and color
 * are used. `callbacks` may be null; its `progress` is not used. Free it with oldfilm_run_free. */
OLDFILM_C_API int32_t oldfilm_run_start(const oldfilm_pipeline* pipeline,
                                        const oldfilm_format* input,
                                        const oldfilm_callbacks* callbacks, oldfilm_run** run);
/** [any] The format of the output. */
OLDFILM_C_API int32_t oldfilm_run_output(const oldfilm_run* run, oldfilm_format* output);
/** [one] Adds a frame: its picture, pts, duration, time base, origin and color; its mask is
 * ignored. Never blocks. `*accepted` receives 1, or 0 if the run is full: take frames with
 * oldfilm_run_next, then push the frame again.
 *
 * A picture with a `release` is given: if it is accepted, it belongs to the run, which calls
 * `release` on any thread; otherwise it stays the caller's. A picture without is copied. Either way
 * `impl` must be null, and the device that of the run or the CPU. */
OLDFILM_C_API int32_t oldfilm_run_push(oldfilm_run* run, const oldfilm_frame* frame,
                                       int32_t* accepted);
/** [one] Ends the input. */
OLDFILM_C_API int32_t oldfilm_run_finish(oldfilm_run* run);
/** [one] Waits while the stages are working. `*state` receives OLDFILM_NEXT_FRAME, in which case
 * `output` is filled in, OLDFILM_NEXT_STARVED or OLDFILM_NEXT_END. May be called on another thread
 * than oldfilm_run_push. */
OLDFILM_C_API int32_t oldfilm_run_next(oldfilm_run* run, oldfilm_output* output, int32_t* state);
/** [any] */
OLDFILM_C_API int32_t oldfilm_run_progress(const oldfilm_run* run, oldfilm_progress* progress);
/** [any] Ends the run as soon as possible; oldfilm_run_next then fails with
 * OLDFILM_ERROR_CANCELLED. */
OLDFILM_C_API void oldfilm_run_cancel(oldfilm_run* run);
/** [one] Cancels the run if it has not ended, and waits for it. Outputs stay valid. May be null. */
OLDFILM_C_API void oldfilm_run_free(oldfilm_run* run);

#ifdef __cplusplus
}
#endif

#endif /* OLDFILM_OLDFILM_H */

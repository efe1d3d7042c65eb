/* Lesson 10: oldfilm from plain C. Restores a file, then frames that the program has in memory.
 *   c-api IN OUT */
#include <oldfilm/oldfilm.h>

#include <stdio.h>
#include <stdlib.h>

enum { height = 48, width = 64, film = 8 };

/* Both are called by the library, and must not jump out of it. */
static void log_line(void* context, int32_t level, const char* line) {
    (void)context;
    fprintf(stderr, "%s: %s\n", level == OLDFILM_LOG_WARNING ? "warning" : "info", line);
}

static int32_t show_progress(void* context, const oldfilm_progress* progress) {
    (void)context;
    fprintf(stderr, "%lld frames\n", (long long)progress->frames_out);
    return 0; /* anything else cancels */
}

static int restore_file(const char* input, const char* output) {
    oldfilm_pipeline* pipeline = NULL;
    if (oldfilm_pipeline_from_json("{\"oldfilm\": 1, \"stages\": [{\"id\": \"deflicker\"}]}", NULL,
                                   &pipeline) != OLDFILM_OK) {
        return 0;
    }
    const oldfilm_callbacks callbacks = {
        .size = sizeof(callbacks), .log = log_line, .progress = show_progress};
    oldfilm_restore_result result = {.size = sizeof(result)};
    const int32_t status = oldfilm_restore(
        input, output, pipeline, "{\"codec\": \"ffv1\", \"overwrite\": true}", &callbacks, &result);
    oldfilm_pipeline_free(pipeline);
    if (status == OLDFILM_OK) {
        printf("%lld frames restored\n", (long long)result.frames_out);
    }
    return status == OLDFILM_OK;
}

/* The run calls it when it is done with a picture, on any thread. */
static void free_picture(void* owner, void* stream) {
    (void)stream;
    free(owner);
}

/* A gray picture, a little brighter each time. */
static oldfilm_tensor new_picture(int number) {
    oldfilm_tensor picture = {.device_type = OLDFILM_CPU,
                              .dtype = OLDFILM_FLOAT32,
                              .ndim = 3,
                              .shape = {1, height, width},
                              .strides = {(int64_t)height * width, width, 1}};
    float* samples = malloc(sizeof(float) * height * width);
    for (int i = 0; samples != NULL && i < height * width; ++i) {
        samples[i] = 0.25F + 0.01F * (float)number;
    }
    picture.data = picture.owner = samples;
    picture.release = free_picture;
    return picture;
}

/* Takes what is ready; returns 0 at an error. `*got` counts. */
static int take_frames(oldfilm_run* run, int* got, int32_t* state) {
    for (;;) {
        oldfilm_output output = {.size = sizeof(output)};
        if (oldfilm_run_next(run, &output, state) != OLDFILM_OK) {
            return 0;
        }
        if (*state != OLDFILM_NEXT_FRAME) {
            return 1;
        }
        ++*got;
        output.picture.release(output.picture.owner, NULL);
        if (output.mask.data != NULL) {
            output.mask.release(output.mask.owner, NULL);
        }
    }
}

static int push_frames(oldfilm_run* run, int* got) {
    int32_t state = OLDFILM_NEXT_STARVED;
    for (int i = 0; i < film; ++i) {
        oldfilm_tensor picture = new_picture(i);
        const oldfilm_frame frame = {.size = sizeof(frame),
                                     .picture = &picture,
                                     .pts = i,
                                     .duration = 1,
                                     .time_base = {1, 16}};
        int32_t accepted = 0;
        while (!accepted) {
            if (oldfilm_run_push(run, &frame, &accepted) != OLDFILM_OK ||
                (!accepted && !take_frames(run, got, &state))) {
                free(picture.owner); /* it is ours until it is accepted */
                return 0;
            }
        }
    }
    return oldfilm_run_finish(run) == OLDFILM_OK && take_frames(run, got, &state) &&
           state == OLDFILM_NEXT_END;
}

static int restore_frames(void) {
    oldfilm_pipeline* pipeline = NULL;
    oldfilm_run* run = NULL;
    const oldfilm_format format = {
        .size = sizeof(format), .channels = 1, .height = height, .width = width, .rate = {16, 1}};
    int got = 0;
    int done = oldfilm_pipeline_from_json("{\"oldfilm\": 1, \"device\": \"cpu\", \"stages\": "
                                          "[{\"id\": \"deflicker\"}]}",
                                          NULL, &pipeline) == OLDFILM_OK &&
               oldfilm_run_start(pipeline, &format, NULL, &run) == OLDFILM_OK &&
               push_frames(run, &got);
    oldfilm_run_free(run);
    oldfilm_pipeline_free(pipeline);
    if (done) {
        printf("%d frames pushed, %d restored\n", (int)film, got);
    }
    return done;
}

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: c-api IN OUT\n");
        return 2;
    }
    if (!restore_file(argv[1], argv[2]) || !restore_frames()) {
        fprintf(stderr, "c-api: %s\n", oldfilm_last_error());
        return 1;
    }
    return 0;
}

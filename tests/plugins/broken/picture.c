/* What the broken plugin makes of frames. */
#define _GNU_SOURCE
#include "broken.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double shared_amount(void);

static void release_memory(void* owner, void* stream) {
    (void)stream;
    free(owner);
}
static void release_nothing(void* owner, void* stream) {
    (void)owner;
    (void)stream;
}

/* An output of the plugin's own memory. */
static int32_t own_tensor(oldfilm_stage* stage, const int64_t* shape, oldfilm_tensor* tensor) {
    const size_t bytes = (size_t)(shape[0] * shape[1] * shape[2]) * sizeof(float);
    const bool again = broken("picture.outputs-distinct");
    void* data = again && stage->scratch != NULL ? stage->scratch : malloc(bytes);
    if (data == NULL && !broken("failures.memory")) {
        failed(stage, "there is no memory for a picture");
        return OLDFILM_OUT_OF_MEMORY;
    }
    if (again) {
        stage->scratch = data; /* never freed: a small leak that outlives the test's patience */
    }
    tensor->data = data;
    tensor->owner = data;
    tensor->release = again ? release_nothing : release_memory;
    if (broken("picture.outlives-stage") && stage->given_count < 32) {
        stage->given[stage->given_count++] = data;
        tensor->release = release_nothing;
    }
    tensor->device_type = OLDFILM_CPU;
    tensor->dtype = OLDFILM_FLOAT32;
    tensor->ndim = 3;
    memcpy(tensor->shape, shape, 3 * sizeof(*shape));
    tensor->strides[2] = 1;
    tensor->strides[1] = shape[2];
    tensor->strides[0] = shape[1] * shape[2];
    return OLDFILM_OK;
}

static bool has_own_memory(void) {
    return broken("picture.outputs-distinct") || broken("picture.outlives-stage") ||
           broken("failures.memory");
}

static int32_t allocate(oldfilm_stage* stage, const int64_t* shape, oldfilm_tensor* tensor) {
    const oldfilm_host_tensor* tensors =
        stage->host->get_extension(stage->host, OLDFILM_EXT_TENSOR);
    if (has_own_memory()) {
        return own_tensor(stage, shape, tensor);
    }
    if (tensors == NULL) {
        if (broken("failures.services")) {
            abort(); /* as a null pointer would */
        }
        return failed(stage, "the host gives no tensors");
    }
    const int32_t status = tensors->allocate(stage->host, OLDFILM_FLOAT32, 3, shape, tensor);
    if (status != OLDFILM_OK && broken("failures.allocate")) {
        abort();
    }
    return status;
}

static float mean_of(const oldfilm_tensor* t) {
    double sum = 0;
    for (int64_t y = 0; y < t->shape[1]; ++y) {
        sum += ((const float*)t->data)[y * t->strides[1]];
    }
    return (float)(sum / (double)t->shape[1]);
}

/* What is added to every sample: amount, and whatever the breakage adds. */
static float offset_of(oldfilm_stage* stage, const oldfilm_request* request, uint32_t place) {
    const oldfilm_frame* frame = request->frames[request->center];
    float offset = (float)stage->amount + stage->found;
    static int calls = 0;
    if (broken("film.repeatable")) {
        offset += 0.001F * (float)++calls;
    }
    if (remembers() || broken("film.state")) {
        offset += stage->since_reset > 0 ? stage->last * 0.1F : 0;
        stage->last =
            broken("film.state") ? stage->last + mean_of(frame->picture) : mean_of(frame->picture);
        ++stage->since_reset;
    }
    if (broken("schedule.batch")) {
        offset += 0.01F * (float)place;
    }
    if (broken("schedule.threads")) {
        offset += 0.01F * (float)omp_get_max_threads();
    }
    if (broken("schedule.worker") && stage->creator != (long)gettid()) {
        offset += 0.01F;
    }
    if (broken("schedule.interleaved")) {
        offset += (float)shared_amount();
    }
    if (broken("schedule.queue-depth")) {
        static __thread struct timespec before;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        const double passed =
            (double)(now.tv_sec - before.tv_sec) + 1e-9 * (double)(now.tv_nsec - before.tv_nsec);
        offset += passed > 0.1 && stage->processed > 0 ? 0.01F : 0;
        before = now;
    }
    if (broken("picture.lent")) {
        offset += stage->kept != NULL
                      ? 0.01F * (float)stage->kept->shot + 0.001F * (float)stage->kept->index
                      : 0;
        stage->kept = frame;
    }
    return offset;
}

static void fill(const oldfilm_tensor* in, oldfilm_tensor* out, float offset) {
    const bool packed = broken("picture.strides");
    for (int64_t c = 0; c < out->shape[0]; ++c) {
        for (int64_t y = 0; y < out->shape[1]; ++y) {
            float* to = (float*)out->data + c * out->strides[0] + y * out->strides[1];
            for (int64_t x = 0; x < out->shape[2]; ++x) {
                const int64_t at =
                    packed ? (c * in->shape[1] + y) * in->shape[2] + x
                           : c * in->strides[0] + y * in->strides[1] + x * in->strides[2];
                const bool inside = c < in->shape[0] && y < in->shape[1] && x < in->shape[2];
                to[x] = (inside ? ((const float*)in->data)[at] : 0) + offset;
            }
        }
    }
}

static int32_t give_mask(oldfilm_stage* stage, const oldfilm_tensor* in, oldfilm_result* result) {
    int64_t shape[3] = {1, in->shape[1], in->shape[2]};
    const int32_t status = allocate(stage, shape, &result->mask);
    if (status != OLDFILM_OK) {
        return status;
    }
    float* mask = result->mask.data;
    const int64_t samples = shape[1] * shape[2];
    for (int64_t i = 0; i < samples; ++i) {
        mask[i] = broken("claims.mask") && i < samples / 2 ? 0 : 1;
    }
    if (broken("claims.mask-shape")) {
        mask[0] = 2;
    }
    result->has_mask = 1;
    return OLDFILM_OK;
}

/* Frames that the stage cannot take, of the kind that is broken. */
static const char* objection(const oldfilm_request* request) {
    const oldfilm_frame* frame = request->frames[request->center];
    const int64_t h = frame->picture->shape[1], w = frame->picture->shape[2];
    const int64_t first = request->frames[0]->index,
                  last = request->frames[request->count - 1]->index;
    if (broken("crash")) {
        abort();
    }
    while (broken("hang")) {
        sleep(1);
    }
    if (broken("picture.process")) {
        return "no frame pleases this stage";
    }
    if (broken("picture.smallest") && w < 20) {
        return "this is too small";
    }
    if (broken("picture.odd") && w % 2 + h % 2 > 0) {
        return "this is odd";
    }
    if (broken("film.window-ends") && first != last &&
        (first == frame->index || last == frame->index)) {
        return "a neighbor is missing";
    }
    if (broken("film.one-frame") && request->count > 1 && first == last) {
        return "nothing to compare with";
    }
    if (broken("film.times") && frame->pts < 0) {
        return "this is before the beginning";
    }
    if (broken("film.positions") && request->position < 0.1) {
        return "this is too near";
    }
    const int64_t channels = frame->picture->shape[0];
    if ((broken("picture.one-channel") && channels == 1) ||
        (broken("picture.three-channels") && channels == 3)) {
        return "this many channels are not taken";
    }
    return NULL;
}

static void leak(oldfilm_stage* stage, const oldfilm_tensor* in) {
    if (broken("resources.memory")) {
        memset(malloc(1000), 1, 1000);
    }
    if (broken("resources.tensors")) {
        oldfilm_tensor lost;
        memset(&lost, 0, sizeof(lost));
        const oldfilm_host_tensor* tensors =
            stage->host->get_extension(stage->host, OLDFILM_EXT_TENSOR);
        if (tensors != NULL) {
            tensors->allocate(stage->host, OLDFILM_FLOAT32, 3, in->shape, &lost);
        }
    }
}

static int32_t run_flow(oldfilm_stage* stage, const oldfilm_request* request) {
    const oldfilm_host_flow* flows = stage->host->get_extension(stage->host, OLDFILM_EXT_FLOW);
    oldfilm_tensor flow;
    memset(&flow, 0, sizeof(flow));
    if (flows == NULL) {
        return failed(stage, "the host finds no flow");
    }
    const int32_t status =
        flows->flow(stage->host, request->frames[0]->picture, request->frames[1]->picture, &flow);
    if (status != OLDFILM_OK) {
        abort();
    }
    flow.release(flow.owner, NULL);
    return OLDFILM_OK;
}

static int32_t make(oldfilm_stage* stage, const oldfilm_request* request, uint32_t place) {
    const oldfilm_tensor* in = request->frames[request->center]->picture;
    oldfilm_tensor* out = &request->result->picture;
    const char* why = objection(request);
    if (why != NULL) {
        return failed(stage, why);
    }
    leak(stage, in);
    if (broken("failures.flow") && run_flow(stage, request) != OLDFILM_OK) {
        return OLDFILM_FAILED;
    }
    if (broken("failures.cancel") && in->shape[1] * in->shape[2] == 640 * 480) {
        sleep(5);
    }
    if (broken("picture.output-owned")) {
        *out = *in;
        out->owner = NULL;
        out->release = NULL;
        return OLDFILM_OK;
    }
    int64_t shape[3] = {in->shape[0], in->shape[1], in->shape[2]};
    if (broken("picture.format")) {
        shape[1] += 1;
    }
    const int32_t status = allocate(stage, shape, out);
    if (status != OLDFILM_OK) {
        return status;
    }
    static float shared;
    const float offset = offset_of(stage, request, place);
    if (broken("schedule.side-by-side")) { /* what two stages do to it meanwhile shows */
        shared = mean_of(in);
        usleep(2000);
        fill(in, out, offset + shared);
    } else {
        fill(in, out, offset);
    }
    if (broken("picture.finite") && mean_of(in) == 0) {
        *(float*)out->data = NAN;
    }
    if (broken("picture.input-untouched")) {
        *(float*)in->data += 0.5F;
    }
    if (broken("claims.unchanged")) {
        request->result->unchanged = 1;
    }
    return gives_mask() ? give_mask(stage, in, request->result) : OLDFILM_OK;
}

int32_t process(oldfilm_stage* stage, const oldfilm_request* const* requests, uint32_t count) {
    const oldfilm_host_cancel* cancel = stage->host->get_extension(stage->host, OLDFILM_EXT_CANCEL);
    if (cancel != NULL && cancel->cancelled(stage->host) && !broken("failures.cancel")) {
        return OLDFILM_CANCELLED;
    }
    int32_t status = OLDFILM_OK;
    for (uint32_t i = 0; i < count && status == OLDFILM_OK; ++i) {
        status = make(stage, requests[i], i);
        ++stage->processed;
    }
    return status;
}

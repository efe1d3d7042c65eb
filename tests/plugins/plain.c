/* A stage in plain C, without LibTorch: the negative of each frame. */
#include <oldfilm/plugin.h>

#include <stdlib.h>

struct oldfilm_stage {
    const oldfilm_host* host;
};

static int32_t create(const oldfilm_host* host, oldfilm_stage** stage) {
    *stage = malloc(sizeof(**stage));
    if (*stage == NULL) {
        return OLDFILM_OUT_OF_MEMORY;
    }
    (*stage)->host = host;
    return OLDFILM_OK;
}

static int32_t configure(oldfilm_stage* stage, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config) {
    (void)stage;
    (void)input;
    (void)values;
    (void)config;
    return OLDFILM_OK;
}

static int32_t negative(oldfilm_stage* stage, const oldfilm_request* request) {
    const oldfilm_host_tensor* tensors =
        stage->host->get_extension(stage->host, OLDFILM_EXT_TENSOR);
    if (tensors == NULL) {
        stage->host->fail(stage->host, "this stage needs the host's service " OLDFILM_EXT_TENSOR);
        return OLDFILM_FAILED;
    }
    const oldfilm_tensor* in = request->frames[request->center]->picture;
    oldfilm_tensor* out = &request->result->picture;
    const int32_t status = tensors->allocate(stage->host, OLDFILM_FLOAT32, 3, in->shape, out);
    if (status != OLDFILM_OK) {
        return status;
    }
    for (int64_t c = 0; c < in->shape[0]; ++c) {
        for (int64_t y = 0; y < in->shape[1]; ++y) {
            for (int64_t x = 0; x < in->shape[2]; ++x) {
                const float* from = (const float*)in->data + c * in->strides[0] +
                                    y * in->strides[1] + x * in->strides[2];
                float* to = (float*)out->data + c * out->strides[0] + y * out->strides[1] +
                            x * out->strides[2];
                *to = 1.0F - *from;
            }
        }
    }
    return OLDFILM_OK;
}

static int32_t process(oldfilm_stage* stage, const oldfilm_request* const* requests,
                       uint32_t count) {
    int32_t status = OLDFILM_OK;
    for (uint32_t i = 0; i < count && status == OLDFILM_OK; ++i) {
        status = negative(stage, requests[i]);
    }
    return status;
}

static void destroy(oldfilm_stage* stage) {
    free(stage);
}

static const oldfilm_plugin_description description = {
    .size = sizeof(oldfilm_plugin_description),
    .abi_major = OLDFILM_ABI_MAJOR,
    .abi_minor = OLDFILM_PLUGIN_MINOR,
    .id = "org.oldfilm.test-plain-c",
    .name = "test-plain-c",
    .version = "1.0.0",
    .summary = "The negative of each frame",
    .runtime = "",
    .threading = OLDFILM_PER_STAGE,
    .create = create,
    .configure = configure,
    .process = process,
    .destroy = destroy,
};

const oldfilm_plugin_description* oldfilm_plugin(uint32_t index) {
    return index == 0 ? &description : NULL;
}

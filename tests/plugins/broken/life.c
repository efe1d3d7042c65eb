/* The broken plugin's life: create to destroy, parameters and analysis. */
#define _GNU_SOURCE
#include "broken.h"

#include <fcntl.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int32_t failed(const oldfilm_stage* stage, const char* sentence) {
    stage->host->fail(stage->host, sentence);
    return OLDFILM_FAILED;
}

bool changes_rate(void) {
    return broken("film.positions");
}
bool gives_mask(void) {
    return broken("claims.mask") || broken("claims.mask-shape");
}
bool analyzes(void) {
    return broken("analysis.json") || broken("analysis.restore") || broken("analysis.short-shot");
}
bool remembers(void) {
    return broken("film.reset") || broken("film.saved-state");
}
static bool uses_model(void) {
    return broken("failures.model") || broken("resources.models") || broken("stage.create-light");
}

static int32_t open_model(oldfilm_stage* stage) {
    const oldfilm_host_model* models = stage->host->get_extension(stage->host, OLDFILM_EXT_MODEL);
    if (models == NULL) {
        return failed(stage, "the host offers no models");
    }
    const int32_t status = models->open(stage->host, BROKEN_MODEL, "soften", &stage->model);
    if (status != OLDFILM_OK && broken("failures.model")) {
        abort(); /* as a null pointer would */
    }
    return status;
}

int32_t create(const oldfilm_host* host, oldfilm_stage** out) {
    if (broken("stage.create")) {
        host->fail(host, "this stage never starts");
        return OLDFILM_FAILED;
    }
    static int created = 0;
    if (broken("stage.create-again") && getenv("OLDFILM_BREAK_ALIVE") != NULL) {
        host->fail(host, "there is one stage already");
        return OLDFILM_FAILED;
    }
    oldfilm_stage* stage = calloc(1, sizeof(*stage));
    if (stage == NULL) {
        return OLDFILM_OUT_OF_MEMORY;
    }
    ++created;
    stage->host = host;
    stage->creator = (long)gettid();
    if (broken("stage.create-again")) {
        setenv("OLDFILM_BREAK_ALIVE", "1", 1);
    }
    if (broken("stage.create-light") && open_model(stage) != OLDFILM_OK) {
        free(stage);
        return OLDFILM_FAILED;
    }
    *out = stage;
    return OLDFILM_OK;
}

static double configured_amount; /* what stages should not share */

int32_t change(oldfilm_stage* stage, const oldfilm_value* values) {
    if (!broken("values.live") || stage->processed == 0) {
        stage->amount = values[0].number;
    }
    stage->is_calm = strcmp(values[1].text, "calm") == 0;
    return OLDFILM_OK;
}

static int32_t check_values(const oldfilm_stage* stage, const oldfilm_value* values) {
    const char* mood = values[1].text;
    const double amount = values[0].number;
    if (broken("values.ends") && amount == 1) {
        return failed(stage, "this is too much");
    }
    if (!(amount >= -1 && amount <= 1) && !(broken("parameters.defaults") && amount == 7)) {
        if (broken("values.out-of-range")) {
            abort(); /* as an index beyond an array would */
        }
        return failed(stage, "amount must be from -1 to 1");
    }
    if (strcmp(mood, "calm") != 0 && strcmp(mood, "wild") != 0) {
        if (broken("values.wrong-type") && *mood == '\0') {
            abort();
        }
        if (broken("failures.status")) {
            failed(stage, "there is no such mood");
            return -1;
        }
        if (broken("failures.exceptions")) {
            throw_something();
        }
        return broken("failures.sentence") ? OLDFILM_FAILED
                                           : failed(stage, "there is no such mood");
    }
    if (*values[2].text != '\0' && !broken("values.missing-file") &&
        access(values[2].text, R_OK) != 0) {
        return failed(stage, "the picture cannot be read");
    }
    return OLDFILM_OK;
}

static void answer(oldfilm_config* config) {
    static int asked = 0;
    config->before = config->after = 1;
    if (changes_rate()) {
        config->before = config->after = 0;
        config->rate.num *= 2;
    }
    config->batch = broken("schedule.batch") ? 4 : 1;
    config->analysis_frames = analyzes() ? 5 : 0;
    if (remembers() || broken("picture.lent")) {
        config->state = OLDFILM_WARM_UP;
        config->warm_up = 1;
    }
    if (broken("stage.answer")) {
        config->batch = 0;
    }
    if (broken("stage.answer-again")) {
        config->batch = 1 + ++asked % 2;
    }
    if (broken("stage.answer-bounds")) {
        unsigned char* behind = (unsigned char*)(config + 1);
        if (*behind == 0x5a) { /* only where the check has put its guard */
            *behind = 0;
        }
    }
}

/* What belongs to the whole process, or is never given back. */
static void misbehave(const oldfilm_stage* stage) {
    (void)stage;
    if (broken("resources.files")) {
        (void)!open("/dev/null", O_RDONLY);
    }
    if (broken("resources.output")) {
        printf("hello\n");
    }
    if (broken("resources.process")) {
        fesetround(FE_UPWARD);
    }
}

int32_t configure(oldfilm_stage* stage, const oldfilm_format* input, const oldfilm_value* values,
                  oldfilm_config* config) {
    if (broken("stage.configure")) {
        return failed(stage, "this stage takes no film");
    }
    if (broken("film.irregular-rate") && input->rate.num == 0) {
        abort(); /* as a division by zero would */
    }
    if (broken("picture.4k") && input->width * input->height * input->channels * 256 > INT32_MAX) {
        return failed(stage, "this film has too many bytes for 32 bits");
    }
    const int32_t status = check_values(stage, values);
    if (status != OLDFILM_OK) {
        return status;
    }
    stage->input = *input;
    change(stage, values);
    configured_amount = (double)input->width / 1000;
    answer(config);
    stage->config = *config;
    misbehave(stage);
    return uses_model() && stage->model == NULL ? open_model(stage) : OLDFILM_OK;
}

static int32_t analyze(oldfilm_stage* stage, const oldfilm_frame* frame) {
    (void)frame;
    ++stage->analyzed;
    return OLDFILM_OK;
}

static int32_t finish_analysis(oldfilm_stage* stage, const char** json) {
    if (broken("analysis.short-shot") && stage->analyzed < 2) {
        return failed(stage, "two frames are needed");
    }
    stage->found = 0.125F;
    snprintf(stage->json, sizeof(stage->json),
             broken("analysis.json") ? "found=%g" : "{\"found\": %g}", (double)stage->found);
    *json = stage->json;
    return OLDFILM_OK;
}

static int32_t restore_analysis(oldfilm_stage* stage, const char* json) {
    if (broken("analysis.restore")) {
        return OLDFILM_OK; /* and forgets it */
    }
    return sscanf(json, "{\"found\": %f}", &stage->found) == 1 ||
                   sscanf(json, "found=%f", &stage->found) == 1
               ? OLDFILM_OK
               : failed(stage, "this is no analysis");
}

const oldfilm_stage_analysis analysis = {sizeof(analysis), analyze, finish_analysis,
                                         restore_analysis};
const oldfilm_stage_live live = {sizeof(live), change};

static int32_t save(oldfilm_stage* stage, const void** data, size_t* bytes) {
    stage->saved[0] = (float)stage->since_reset; /* and forgets the frame before */
    *data = stage->saved;
    *bytes = sizeof(stage->saved);
    return OLDFILM_OK;
}

static int32_t load(oldfilm_stage* stage, const void* data, size_t bytes) {
    if (bytes != sizeof(stage->saved)) {
        return failed(stage, "this is no state");
    }
    stage->since_reset = (int64_t)((const float*)data)[0];
    stage->last = ((const float*)data)[1];
    return OLDFILM_OK;
}

const oldfilm_stage_state state = {sizeof(state), save, load};

static int32_t keep_evidence(oldfilm_stage* stage) {
    (void)stage;
    return OLDFILM_OK;
}

static int32_t give_evidence(oldfilm_stage* stage, uint32_t request, int32_t* kind,
                             oldfilm_tensor* plane) {
    (void)stage;
    (void)request;
    (void)plane;
    *kind = OLDFILM_SYNTHESIZED + 1; /* no kind */
    return OLDFILM_OK;
}

const oldfilm_stage_evidence evidence = {sizeof(evidence), keep_evidence, give_evidence};

void reset(oldfilm_stage* stage) {
    stage->analyzed = 0;
    stage->found = 0;
    stage->kept = NULL;
    if (!broken("film.reset")) {
        stage->last = 0;
        stage->since_reset = 0;
    }
}

void destroy(oldfilm_stage* stage) {
    for (int i = 0; i < stage->given_count; ++i) {
        memset(stage->given[i], 0, 64); /* and free() would come here */
    }
    if (stage->model != NULL && !broken("resources.models")) {
        const oldfilm_host_model* models =
            stage->host->get_extension(stage->host, OLDFILM_EXT_MODEL);
        models->close(stage->host, stage->model);
    }
    if (broken("stage.create-again")) {
        unsetenv("OLDFILM_BREAK_ALIVE");
    }
    free(stage);
}

double shared_amount(void);
double shared_amount(void) {
    return configured_amount;
}

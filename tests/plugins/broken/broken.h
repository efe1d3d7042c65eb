/* What the parts of the broken plugin share. OLDFILM_BREAK in the environment names the one thing
 * that is broken (the check that must find it); without it the plugin keeps its contract. */
#ifndef BROKEN_H
#define BROKEN_H

#include <oldfilm/plugin.h>
#include <oldfilm/plugin/ext/draft/evidence.h>
#include <oldfilm/plugin/ext/draft/state.h>

#include <stdbool.h>

/** Whether this is what is broken. */
bool broken(const char* what);
/** For the whole description: the table of parameters and the texts, as they are broken. */
const oldfilm_plugin_description* describe(void);

struct oldfilm_stage {
    const oldfilm_host* host;
    oldfilm_format input;
    oldfilm_config config;
    double amount;
    bool is_calm;
    int64_t processed, analyzed, since_reset;
    float last;                /**< mean of the frame before */
    float found;               /**< by the analysis */
    char json[64];             /**< of the analysis */
    float saved[2];            /**< the saved state */
    const oldfilm_frame* kept; /**< of an earlier call */
    float* scratch;            /**< an output's memory that is used again */
    void* given[64];           /**< outputs that destroy spoils */
    int given_count;
    oldfilm_model* model;
    long creator; /**< thread */
};

/** Lifecycle functions. */
int32_t create(const oldfilm_host* host, oldfilm_stage** stage);
int32_t configure(oldfilm_stage* stage, const oldfilm_format* input, const oldfilm_value* values,
                  oldfilm_config* config);
int32_t change(oldfilm_stage* stage, const oldfilm_value* values);
int32_t process(oldfilm_stage* stage, const oldfilm_request* const* requests, uint32_t count);
void reset(oldfilm_stage* stage);
void destroy(oldfilm_stage* stage);

/** Extensions. */
extern const oldfilm_stage_analysis analysis;
extern const oldfilm_stage_live live;
extern const oldfilm_stage_state state;
extern const oldfilm_stage_evidence evidence;

/** Says why, and returns OLDFILM_FAILED. */
int32_t failed(const oldfilm_stage* stage, const char* sentence);
/** The kinds of stage: by default frame-wise with a window of 1 + 1. */
bool changes_rate(void);
bool gives_mask(void);
bool analyzes(void);
bool remembers(void);

/** In exception.cpp. */
void throw_something(void);

#endif

/* The broken plugin's description, its entry point and its table. */
#include "broken.h"

#include <stdlib.h>
#include <string.h>

bool broken(const char* what) {
    const char* wanted = getenv("OLDFILM_BREAK");
    return wanted != NULL && strcmp(wanted, what) == 0;
}

/* What the linker is to trip over, or to show. */
#ifdef BROKEN_SYMBOL
int a_function_that_is_nowhere(void);
int (*volatile nowhere)(void) = a_function_that_is_nowhere;
#endif
#ifdef BROKEN_HELPER
int broken_helper(void);
int (*volatile helper)(void) = broken_helper;
#endif
#ifdef BROKEN_EXPORT
OLDFILM_PLUGIN_EXPORT int shown_to_everybody(void);
int shown_to_everybody(void) {
    return 1;
}
#endif

static const char* const moods[] = {"calm", "wild", NULL};
static const char* const moods_twice[] = {"calm", "calm", "wild", NULL};

/* Filled anew whenever the library is asked, since tests load it once and break it in many ways. */
static oldfilm_parameter amount, mood, picture, again;
static const oldfilm_parameter* table[4];
static oldfilm_plugin_description first, second;

static void fill_table(void) {
    const oldfilm_parameter plain_amount = {.size = sizeof(amount),
                                            .name = "amount",
                                            .type = OLDFILM_NUMBER,
                                            .flags = OLDFILM_LIVE,
                                            .initial = {.number = 0.25},
                                            .minimum = -1,
                                            .maximum = 1,
                                            .unit = "",
                                            .help = "what is added"};
    const oldfilm_parameter plain_mood = {.size = sizeof(mood),
                                          .name = "mood",
                                          .type = OLDFILM_CHOICE,
                                          .initial = {.text = "calm"},
                                          .choices = moods,
                                          .unit = "",
                                          .help = "nothing but a choice"};
    const oldfilm_parameter plain_picture = {.size = sizeof(picture),
                                             .name = "picture",
                                             .type = OLDFILM_FILE,
                                             .initial = {.text = ""},
                                             .unit = "",
                                             .help = "a picture that is looked at"};
    amount = plain_amount;
    mood = plain_mood;
    picture = plain_picture;
    again = plain_amount;
    again.flags = 0;
    table[0] = &amount;
    table[1] = &mood;
    table[2] = &picture;
    table[3] = &again;
    if (broken("parameters.rows")) {
        mood.size = 8;
    }
    if (broken("parameters.names")) {
        picture.name = "Picture File";
    }
    if (broken("parameters.types")) {
        amount.flags = OLDFILM_LIVE | 64;
    }
    if (broken("parameters.ranges")) {
        amount.minimum = amount.maximum = 0.25;
    }
    if (broken("parameters.choices")) {
        mood.choices = moods_twice;
    }
    if (broken("parameters.defaults")) {
        amount.initial.number = 7;
    }
    if (broken("parameters.help")) {
        mood.help = "";
    }
}

static const void* get_extension(const oldfilm_plugin_description* plugin, const char* id) {
    (void)plugin;
    if (strcmp(id, OLDFILM_EXT_LIVE) == 0 && !broken("parameters.live")) {
        return &live;
    }
    if (strcmp(id, OLDFILM_EXT_ANALYSIS) == 0 && analyzes()) {
        return &analysis;
    }
    if (strcmp(id, OLDFILM_EXT_STATE) == 0 && broken("film.saved-state")) {
        return &state;
    }
    if (strcmp(id, OLDFILM_EXT_EVIDENCE) == 0 && broken("film.evidence")) {
        return &evidence;
    }
    return broken("description.extensions") && strncmp(id, "oldfilm.", 8) != 0 ? &live : NULL;
}

const oldfilm_plugin_description* describe(void) {
    fill_table();
    const oldfilm_plugin_description plain = {.size = sizeof(first),
                                              .abi_major = OLDFILM_ABI_MAJOR,
                                              .abi_minor = OLDFILM_PLUGIN_MINOR,
                                              .id = "org.oldfilm.broken",
                                              .name = "broken",
                                              .version = "1.0.0",
                                              .summary = "Adds a number, or breaks its contract",
                                              .runtime = "",
                                              .threading = OLDFILM_PER_STAGE,
                                              .parameter_count =
                                                  broken("parameters.unique") ? 4 : 3,
                                              .parameters = table,
                                              .create = create,
                                              .configure = configure,
                                              .process = process,
                                              .reset = reset,
                                              .destroy = destroy,
                                              .get_extension = get_extension};
    first = plain;
    if (broken("library.abi")) {
        first.abi_minor = OLDFILM_ABI_MINOR + 1;
    }
    if (broken("library.runtime")) {
        first.runtime = "1.0+cxx11";
    }
    if (broken("description.complete")) {
        first.summary = NULL;
    }
    if (broken("description.functions")) {
        first.process = NULL;
    }
    if (broken("description.id")) {
        first.id = "broken";
    }
    if (broken("description.name")) {
        first.name = "Broken Stage";
    }
    if (broken("description.version")) {
        first.version = "1.0";
    }
    if (broken("description.summary")) {
        first.summary = "Adds a number,\nor breaks its contract";
    }
    if (broken("description.threading")) {
        first.threading = 7;
    }
    if (broken("library.sidecar-equal")) {
        first.version = "1.0.1"; /* the test leaves the sidecar of 1.0.0 beside it */
    }
    return &first;
}

const oldfilm_plugin_description* oldfilm_plugin(uint32_t index) {
    static oldfilm_plugin_description others[2];
    static int asked = 0;
    if (index == 0 && broken("library.pure")) {
        oldfilm_plugin_description* one = &others[++asked % 2];
        *one = *describe();
        return one;
    }
    if (broken("library.plugins")) {
        return NULL;
    }
    if (index == 1 && broken("library.unique")) {
        second = *describe();
        return &second;
    }
    return index == 0 ? describe() : NULL;
}

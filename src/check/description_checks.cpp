/// \file
/// Checks of a plugin's static description and of its parameter table.

#include "base/sidecar.hpp"
#include "check/check.hpp"
#include "stage/library.hpp"

#include <oldfilm/plugin/ext/draft/state.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <regex>
#include <set>

namespace oldfilm::check {

std::vector<Parameter> Subject::table() const {
    return base::info_of(*plugin).parameters;
}

std::string Subject::id() const {
    return plugin->id != nullptr && *plugin->id != '\0' ? plugin->id : "(without id)";
}

namespace {

bool fits(const char* text, const char* pattern) {
    return std::regex_match(text, std::regex(pattern));
}

/// A line that a list of stages or a help text can show.
std::string why_no_line(const char* text) {
    if (text == nullptr || *text == '\0') {
        return "is empty";
    }
    const std::string line(text);
    if (line.find('\n') != std::string::npos) {
        return "has more than one line";
    }
    return line.size() > 200 ? fmt::format("has {} characters, and 200 are enough", line.size())
                             : "";
}

void complete(Subject& s) {
    const oldfilm_plugin_description& d = *s.plugin;
    constexpr std::size_t least =
        offsetof(oldfilm_plugin_description, get_extension) + sizeof(d.get_extension);
    if (d.size < least) {
        fail("size is {}, and this ABI's description has {} bytes", d.size, least);
    }
    for (const auto& [text, what] : {std::pair{d.id, "id"},
                                     {d.name, "name"},
                                     {d.version, "version"},
                                     {d.summary, "summary"},
                                     {d.runtime, "runtime"}}) {
        if (text == nullptr) {
            fail("{} is null", what);
        }
    }
    if (d.parameter_count > 0 && d.parameters == nullptr) {
        fail("parameter_count is {}, and parameters is null", d.parameter_count);
    }
}

void functions(Subject& s) {
    const oldfilm_plugin_description& d = *s.plugin;
    if (d.create == nullptr || d.configure == nullptr || d.process == nullptr ||
        d.destroy == nullptr) {
        fail("create, configure, process or destroy is null");
    }
}

void extensions(Subject& s) {
    const oldfilm_plugin_description& d = *s.plugin;
    if (const std::string lacking = stage::why_incomplete(d); !lacking.empty()) {
        fail("{}", lacking);
    }
    if (d.get_extension == nullptr) {
        return;
    }
    for (const char* id :
         {OLDFILM_EXT_ANALYSIS, OLDFILM_EXT_LIVE, OLDFILM_EXT_STATE, OLDFILM_EXT_EVIDENCE}) {
        if (d.get_extension(&d, id) != d.get_extension(&d, id)) {
            fail("get_extension gives two results for {}", id);
        }
    }
    if (d.get_extension(&d, "org.oldfilm.check.unknown/1") != nullptr) {
        fail("get_extension gives something for an id that nobody has defined");
    }
    const auto* state = stage::extension_of<oldfilm_stage_state>(d, OLDFILM_EXT_STATE);
    if (state != nullptr && (state->size < sizeof(oldfilm_stage_state) || state->save == nullptr ||
                             state->load == nullptr)) {
        fail("its extension " OLDFILM_EXT_STATE " lacks save or load");
    }
}

void id(Subject& s) {
    if (!fits(s.plugin->id, "[a-z][a-z0-9-]*(\\.[a-z0-9][a-z0-9-]*)+")) {
        fail("the id is \"{}\"", s.plugin->id);
    }
}

void name(Subject& s) {
    if (!fits(s.plugin->name, "[a-z][a-z0-9]*(-[a-z0-9]+)*") ||
        std::string(s.plugin->name).size() > 40) {
        fail("the name is \"{}\"", s.plugin->name);
    }
}

void version(Subject& s) {
    if (!fits(s.plugin->version, "(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)"
                                 "(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?")) {
        fail("the version is \"{}\"", s.plugin->version);
    }
}

void summary(Subject& s) {
    if (const std::string why = why_no_line(s.plugin->summary); !why.empty()) {
        fail("the summary {}", why);
    }
}

void threading(Subject& s) {
    if (s.plugin->threading != OLDFILM_ONE_THREAD && s.plugin->threading != OLDFILM_PER_STAGE) {
        fail("threading is {}", s.plugin->threading);
    }
}

/// Calls `look` with each row.
template <class Look>
void each(const Subject& s, Look&& look) {
    for (std::uint32_t i = 0; i < s.plugin->parameter_count; ++i) {
        look(*s.plugin->parameters[i]);
    }
}

bool is_number(const oldfilm_parameter& p) {
    return p.type == OLDFILM_INTEGER || p.type == OLDFILM_NUMBER;
}

void rows(Subject& s) {
    for (std::uint32_t i = 0; i < s.plugin->parameter_count; ++i) {
        const oldfilm_parameter* p = s.plugin->parameters[i];
        if (p == nullptr) {
            fail("row {} is null", i);
        }
        if (p->size < offsetof(oldfilm_parameter, help) + sizeof(p->help)) {
            fail("row {} says a size of {} bytes, and this ABI's has {}", i, p->size,
                 sizeof(oldfilm_parameter));
        }
        if (p->name == nullptr || p->unit == nullptr || p->help == nullptr) {
            fail("row {} has no name, unit or help (null)", i);
        }
        const bool texts = p->type >= OLDFILM_TEXT;
        if (texts && p->initial.text == nullptr) {
            fail("parameter {} has no initial text (null)", p->name);
        }
    }
}

void names(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        if (!fits(p.name, "[a-z][a-z0-9_]*")) {
            fail("a parameter's name is \"{}\"", p.name);
        }
    });
}

void unique(Subject& s) {
    std::set<std::string> seen;
    each(s, [&](const oldfilm_parameter& p) {
        if (!seen.insert(p.name).second) {
            fail("there are two parameters {}", p.name);
        }
    });
}

void types(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        if (p.type < OLDFILM_BOOLEAN || p.type > OLDFILM_FILE) {
            fail("parameter {} has the type {}", p.name, p.type);
        }
        if ((p.flags & ~static_cast<std::uint32_t>(OLDFILM_LIVE)) != 0) {
            fail("parameter {} has flags {:#x}", p.name, p.flags);
        }
    });
}

void ranges(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        if (is_number(p) &&
            !(std::isfinite(p.minimum) && std::isfinite(p.maximum) && p.minimum < p.maximum)) {
            fail("parameter {} goes from {} to {}", p.name, p.minimum, p.maximum);
        }
        if (p.type == OLDFILM_INTEGER &&
            (std::floor(p.minimum) != p.minimum || std::floor(p.maximum) != p.maximum)) {
            fail("parameter {} is a whole number from {} to {}", p.name, p.minimum, p.maximum);
        }
    });
}

void choices(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        if (p.type != OLDFILM_CHOICE) {
            return;
        }
        std::set<std::string> seen;
        for (const char* const* one = p.choices; one != nullptr && *one != nullptr; ++one) {
            if (**one == '\0' || !seen.insert(*one).second) {
                fail("parameter {} has the choice \"{}\" {}", p.name, *one,
                     **one == '\0' ? "that nobody can write" : "twice");
            }
        }
        if (seen.size() < 2) {
            fail("parameter {} has {} choices", p.name, seen.size());
        }
    });
}

void defaults(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        const double number =
            p.type == OLDFILM_INTEGER ? static_cast<double>(p.initial.integer) : p.initial.number;
        // Written so that NaN fails it. What is no range is another check's matter.
        const bool ranged = std::isfinite(p.minimum) && std::isfinite(p.maximum);
        if (is_number(p) && ranged && p.minimum <= p.maximum &&
            !(number >= p.minimum && number <= p.maximum)) {
            fail("parameter {} begins with {}, and goes from {} to {}", p.name, number, p.minimum,
                 p.maximum);
        }
        if (p.type == OLDFILM_BOOLEAN && p.initial.integer != 0 && p.initial.integer != 1) {
            fail("parameter {} begins with {}, and is true (1) or false (0)", p.name,
                 p.initial.integer);
        }
        if (p.type == OLDFILM_CHOICE && p.choices != nullptr) {
            const char* const* one = p.choices;
            while (*one != nullptr && std::string(*one) != p.initial.text) {
                ++one;
            }
            if (*one == nullptr) {
                fail("parameter {} begins with \"{}\", which is none of its choices", p.name,
                     p.initial.text);
            }
        }
    });
}

void help(Subject& s) {
    each(s, [](const oldfilm_parameter& p) {
        if (const std::string why = why_no_line(p.help); !why.empty()) {
            fail("the help of parameter {} {}", p.name, why);
        }
        if (std::string(p.unit).find('\n') != std::string::npos) {
            fail("the unit of parameter {} has more than one line", p.name);
        }
    });
}

void live(Subject& s) {
    each(s, [&](const oldfilm_parameter& p) {
        if ((p.flags & OLDFILM_LIVE) != 0 &&
            stage::extension_of<oldfilm_stage_live>(*s.plugin, OLDFILM_EXT_LIVE) == nullptr) {
            fail("parameter {} may change while running, and the extension " OLDFILM_EXT_LIVE
                 " is not there",
                 p.name);
        }
    });
}

} // namespace

std::vector<Check> description_checks() {
    return {
        {"description.complete", "the host reads every field of the description",
         "set size to sizeof, and every text to a text (\"\" where there is none)",
         "library.plugins", complete},
        {"description.functions", "the host calls them",
         "give create, configure, process and destroy", "description.complete", functions},
        {"description.extensions", "the host calls what the plugin's extensions offer",
         "fill in each extension, with its size; give the same result for an id each time, and "
         "null "
         "for ids that the plugin does not know",
         "description.functions", extensions},
        {"description.id", "ids are unique in the world, since people name their own domain first",
         "use reverse DNS in small letters, such as com.example.sharpen", "description.complete",
         id},
        {"description.name", "people write the name on command lines",
         "use at most 40 small letters, digits and single dashes", "description.complete", name},
        {"description.version", "programs compare versions",
         "use semantic versioning, such as 1.0.0", "description.complete", version},
        {"description.summary", "lists of stages show it", "write one line on what the stage does",
         "description.complete", summary},
        {"description.threading", "the host calls stages side by side only where it may",
         "use OLDFILM_ONE_THREAD or OLDFILM_PER_STAGE", "description.complete", threading},
    };
}

std::vector<Check> table_checks() {
    return {
        {"parameters.rows", "the host reads every field of every row",
         "set size to sizeof, and texts to \"\" where there is none", "description.complete", rows},
        {"parameters.names", "people write them on command lines and in JSON",
         "begin with a small letter; then small letters, digits and _", "parameters.rows", names},
        {"parameters.unique", "a value finds its parameter by name", "give each its own name",
         "parameters.rows", unique},
        {"parameters.types", "the host checks values by their type",
         "use OLDFILM_BOOLEAN to OLDFILM_FILE, and no flag but OLDFILM_LIVE", "parameters.rows",
         types},
        {"parameters.ranges", "the host refuses what is out of range before the stage sees it",
         "give numbers a finite minimum below a finite maximum", "parameters.types", ranges},
        {"parameters.choices", "the host refuses what is no choice",
         "list at least two, each once, null at the end", "parameters.types", choices},
        {"parameters.defaults", "a stage without parameters given must work",
         "begin within the range, with one of the choices", "parameters.types", defaults},
        {"parameters.help", "`oldfilm plugins NAME` shows it", "write one line for each parameter",
         "parameters.rows", help},
        {"parameters.live", "the host calls change when a live parameter has a new value",
         "offer " OLDFILM_EXT_LIVE ", or take the flag OLDFILM_LIVE away", "parameters.rows", live},
    };
}

} // namespace oldfilm::check

#pragma once
/// \file
/// From a stage class to the C structs of a plugin.
///
/// A stage may throw anything. The functions of the C table catch it and turn it into a status and
/// a call of `host->fail`; no exception crosses the boundary.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/parameter.hpp>
#include <oldfilm/sdk/stage.hpp>

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

// The LibTorch that this is built with. oldfilm_add_stage(... TORCH) and oldfilm::core define
// OLDFILM_RUNTIME_TAG; pkg-config defines OLDFILM_RUNTIME, without quotes that a shell would
// remove.
#ifndef OLDFILM_RUNTIME_TAG
#ifdef OLDFILM_RUNTIME
#define OLDFILM_QUOTED_(tag) #tag
#define OLDFILM_QUOTED(tag) OLDFILM_QUOTED_(tag)
#define OLDFILM_RUNTIME_TAG OLDFILM_QUOTED(OLDFILM_RUNTIME)
#else
#define OLDFILM_RUNTIME_TAG ""
#endif
#endif

namespace oldfilm::sdk {

/// Description of a stage class, for `describe`. `threading` is a threading class of plugin.h.
struct About {
    std::string id, name, version, summary;
    std::vector<Parameter> parameters;
    int threading = OLDFILM_PER_STAGE;
    friend bool operator==(const About&, const About&) = default;
};

namespace detail {

/// The C structs of a plugin, and the strings that they point to.
class Description {
  public:
    explicit Description(About about) : about_(std::move(about)) {
        for (const Parameter& p : about_.parameters) {
            auto& names = choices_.emplace_back();
            for (const std::string& choice : p.choices) {
                names.push_back(choice.c_str());
            }
            names.push_back(nullptr);
            oldfilm_parameter row{};
            row.size = sizeof(row);
            row.name = p.name.c_str();
            row.type = p.type;
            row.flags = p.is_live ? static_cast<std::uint32_t>(OLDFILM_LIVE) : 0U;
            row.initial = {p.integer, p.real, p.initial_text.c_str()};
            row.minimum = p.minimum;
            row.maximum = p.maximum;
            row.choices = p.type == OLDFILM_CHOICE ? names.data() : nullptr;
            row.unit = p.unit.c_str();
            row.help = p.help.c_str();
            rows_.push_back(row);
        }
        for (const oldfilm_parameter& row : rows_) {
            pointers_.push_back(&row);
        }
        c_.size = sizeof(c_);
        c_.abi_major = OLDFILM_ABI_MAJOR;
        c_.abi_minor = OLDFILM_ABI_MINOR;
        c_.id = about_.id.c_str();
        c_.name = about_.name.c_str();
        c_.version = about_.version.c_str();
        c_.summary = about_.summary.c_str();
        c_.runtime = OLDFILM_RUNTIME_TAG;
        c_.threading = about_.threading;
        c_.parameter_count = static_cast<std::uint32_t>(pointers_.size());
        c_.parameters = pointers_.data();
    }
    Description(const Description&) = delete;
    Description& operator=(const Description&) = delete;
    ~Description() = default;

    [[nodiscard]] const About& about() const noexcept { return about_; }
    [[nodiscard]] oldfilm_plugin_description& c() noexcept { return c_; }

  private:
    About about_;
    std::deque<std::vector<const char*>> choices_;
    std::deque<oldfilm_parameter> rows_;
    std::vector<const oldfilm_parameter*> pointers_;
    oldfilm_plugin_description c_{};
};

/// The target of an `oldfilm_stage*` of this SDK.
struct Instance {
    const oldfilm_host* host;
    const oldfilm_plugin_description* plugin;
    std::unique_ptr<Stage> stage;
    std::string found; ///< findings of the last analysis
};

inline Instance& instance(oldfilm_stage* stage) noexcept {
    return *reinterpret_cast<Instance*>(stage);
}

/// Calls `work`, and turns an exception into a status and a message.
template <class Work>
int guarded(const oldfilm_host* host, Work&& work) noexcept {
    try {
        work();
        return OLDFILM_OK;
    } catch (const Failure& failure) {
        if (*failure.what() != '\0') {
            host->fail(host, failure.what());
        }
        return failure.status;
    } catch (const std::bad_alloc&) {
        host->fail(host, "the stage ran out of memory; use a smaller frame or give it more");
        return OLDFILM_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
        host->fail(host, error.what());
        return OLDFILM_FAILED;
    } catch (...) {
        host->fail(host, "the stage threw something that is no std::exception");
        return OLDFILM_FAILED;
    }
}

/// Static storage for the description of a class: the functions of the C table find it by type.
template <class S>
struct Plugin {
    static inline const oldfilm_plugin_description* table = nullptr; ///< set before any `create`

    static int create(const oldfilm_host* host, oldfilm_stage** out) {
        return guarded(host, [&] {
            auto made = std::make_unique<Instance>();
            made->host = host;
            made->plugin = table;
            made->stage = std::make_unique<S>(Host(host));
            *out = reinterpret_cast<oldfilm_stage*>(made.release());
        });
    }
    static int configure(oldfilm_stage* self, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config) {
        Instance& it = instance(self);
        return guarded(it.host,
                       [&] { it.stage->configure(*input, Values(*it.plugin, values), *config); });
    }
    static int change(oldfilm_stage* self, const oldfilm_value* values) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->change(Values(*it.plugin, values)); });
    }
    static int analyze(oldfilm_stage* self, const oldfilm_frame* frame) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->analyze(FrameView(*frame)); });
    }
    static int finish_analysis(oldfilm_stage* self, const char** json) {
        Instance& it = instance(self);
        return guarded(it.host, [&] {
            it.found = it.stage->finish_analysis();
            *json = it.found.c_str();
        });
    }
    static int restore_analysis(oldfilm_stage* self, const char* json) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->restore_analysis(json); });
    }
    static int process(oldfilm_stage* self, const oldfilm_request* const* requests,
                       std::uint32_t count) {
        Instance& it = instance(self);
        return guarded(it.host, [&] {
            std::vector<Request> views;
            views.reserve(count);
            for (std::uint32_t i = 0; i < count; ++i) {
                views.emplace_back(*requests[i]);
            }
            it.stage->process_batch(views);
        });
    }
    static void reset(oldfilm_stage* self) {
        Instance& it = instance(self);
        guarded(it.host, [&] { it.stage->reset(); });
    }
    static void destroy(oldfilm_stage* self) {
        const std::unique_ptr<Instance> owned(&instance(self));
    }
};

} // namespace detail

/// Describes the stage class S (constructible from `const Host&`). The description is made once per
/// class, and is valid until the process ends. Throws `Failure` if a later call passes a different
/// `about`. Thread-safe.
template <class S>
const oldfilm_plugin_description* describe(const About& about) {
    using P = detail::Plugin<S>;
    static detail::Description description(about);
    static const oldfilm_plugin_description* const table = [] {
        oldfilm_plugin_description& c = description.c();
        c.create = P::create;
        c.configure = P::configure;
        c.change = P::change;
        c.analyze = P::analyze;
        c.finish_analysis = P::finish_analysis;
        c.restore_analysis = P::restore_analysis;
        c.process = P::process;
        c.reset = P::reset;
        c.destroy = P::destroy;
        return P::table = &c;
    }();
    if (!(description.about() == about)) {
        throw Failure("the stage's class of " + description.about().id +
                      " is described already, and otherwise; use one class for each description");
    }
    return table;
}

} // namespace oldfilm::sdk

/// Exports the plugins of a library, each the result of `oldfilm::sdk::describe`. Use it once per
/// library.
#define OLDFILM_PLUGINS(...)                                                                       \
    extern "C" const oldfilm_plugin_description* oldfilm_plugin(uint32_t index) {                  \
        try {                                                                                      \
            static const std::vector<const oldfilm_plugin_description*> plugins{__VA_ARGS__};      \
            return index < plugins.size() ? plugins[index] : nullptr;                              \
        } catch (...) {                                                                            \
            return nullptr;                                                                        \
        }                                                                                          \
    }

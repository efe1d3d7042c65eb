#pragma once
/// \file
/// The C functions of a stage class.
///
/// A stage may throw anything. These functions catch it and turn it into a status and a call of
/// `host->fail`; no exception crosses the boundary.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/analysis.hpp>
#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/draft/saved_state.hpp>
#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/live_parameters.hpp>
#include <oldfilm/sdk/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace oldfilm::sdk::detail {

/// The target of an `oldfilm_stage*` of this SDK.
template <class S>
struct Instance {
    const oldfilm_host* host;
    const oldfilm_plugin_description* plugin;
    std::unique_ptr<S> stage;
    std::string found; ///< findings of the last analysis
    std::string saved; ///< the last saved state

    static Instance& of(oldfilm_stage* stage) noexcept {
        return *reinterpret_cast<Instance*>(stage);
    }
};

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
        return static_cast<int>(failure.status);
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

/// The functions of a description. They find it by the type of the stage.
template <class S>
struct Plugin {
    using Self = Instance<S>;
    static inline const oldfilm_plugin_description* table = nullptr; ///< set before any `create`

    static int create(const oldfilm_host* host, oldfilm_stage** out) {
        return guarded(host, [&] {
            auto made = std::make_unique<Self>();
            made->host = host;
            made->plugin = table;
            made->stage = std::make_unique<S>(Host(host));
            *out = reinterpret_cast<oldfilm_stage*>(made.release());
        });
    }
    static int configure(oldfilm_stage* self, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] {
            Config answer(*config);
            it.stage->configure(*input, Values(*it.plugin, values), answer);
            answer.store(*config);
        });
    }
    static int process(oldfilm_stage* self, const oldfilm_request* const* requests,
                       std::uint32_t count) {
        Self& it = Self::of(self);
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
        Self& it = Self::of(self);
        guarded(it.host, [&] { it.stage->reset(); });
    }
    static void destroy(oldfilm_stage* self) { const std::unique_ptr<Self> owned(&Self::of(self)); }
};

/// The functions of OLDFILM_EXT_ANALYSIS.
template <class S>
struct AnalysisTable {
    using Self = Instance<S>;
    static int analyze(oldfilm_stage* self, const oldfilm_frame* frame) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] { it.stage->analyze(FrameView(*frame)); });
    }
    static int finish(oldfilm_stage* self, const char** json) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] {
            it.found = it.stage->finish_analysis();
            *json = it.found.c_str();
        });
    }
    static int restore(oldfilm_stage* self, const char* json) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] { it.stage->restore_analysis(json); });
    }
    static constexpr oldfilm_stage_analysis c{sizeof(oldfilm_stage_analysis), analyze, finish,
                                              restore};
};

/// The function of OLDFILM_EXT_LIVE.
template <class S>
struct LiveTable {
    using Self = Instance<S>;
    static int change(oldfilm_stage* self, const oldfilm_value* values) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] { it.stage->change(Values(*it.plugin, values)); });
    }
    static constexpr oldfilm_stage_live c{sizeof(oldfilm_stage_live), change};
};

/// The functions of OLDFILM_EXT_STATE.
template <class S>
struct StateTable {
    using Self = Instance<S>;
    static int save(oldfilm_stage* self, const void** data, std::size_t* bytes) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] {
            it.saved = it.stage->save_state();
            *data = it.saved.data();
            *bytes = it.saved.size();
        });
    }
    static int load(oldfilm_stage* self, const void* data, std::size_t bytes) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] {
            it.stage->load_state(std::string_view(static_cast<const char*>(data), bytes));
        });
    }
    static constexpr oldfilm_stage_state c{sizeof(oldfilm_stage_state), save, load};
};

/// The functions of OLDFILM_EXT_EVIDENCE.
template <class S>
struct EvidenceTable {
    using Self = Instance<S>;
    static int keep(oldfilm_stage* self) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] { it.stage->keep_evidence(); });
    }
    static int evidence(oldfilm_stage* self, std::uint32_t request, std::int32_t* kind,
                        oldfilm_tensor* plane) {
        Self& it = Self::of(self);
        return guarded(it.host, [&] {
            draft::OutputEvidence found = it.stage->evidence(request);
            *kind = static_cast<std::int32_t>(found.kind);
            *plane = found.plane.release();
        });
    }
    static constexpr oldfilm_stage_evidence c{sizeof(oldfilm_stage_evidence), keep, evidence};
};

/// The extensions that S has, by the classes that it derives from.
template <class S>
const void* extension(const oldfilm_plugin_description* /*plugin*/, const char* id) {
    [[maybe_unused]] const std::string_view wanted(id);
    if constexpr (std::is_base_of_v<Analysis, S>) {
        if (wanted == OLDFILM_EXT_ANALYSIS) {
            return &AnalysisTable<S>::c;
        }
    }
    if constexpr (std::is_base_of_v<LiveParameters, S>) {
        if (wanted == OLDFILM_EXT_LIVE) {
            return &LiveTable<S>::c;
        }
    }
    if constexpr (std::is_base_of_v<draft::SavedState, S>) {
        if (wanted == OLDFILM_EXT_STATE) {
            return &StateTable<S>::c;
        }
    }
    if constexpr (std::is_base_of_v<draft::Evidence, S>) {
        if (wanted == OLDFILM_EXT_EVIDENCE) {
            return &EvidenceTable<S>::c;
        }
    }
    return nullptr;
}

} // namespace oldfilm::sdk::detail

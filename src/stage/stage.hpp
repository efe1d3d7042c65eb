#pragma once
/// \file
/// A stage at work, seen from the host: the C table as C++ with exceptions. Used on the worker's
/// thread.

#include "stage/services.hpp"

#include <oldfilm/evidence.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/plugin.h>
#include <oldfilm/plugin/ext/draft/evidence.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace oldfilm::stage {

/// A stage's answer to `configure`, checked.
struct Config {
    StreamFormat output;
    int before = 0, after = 0;
    int edges = OLDFILM_REPEAT;
    int batch = 1;
    int warm_up = 0;
    int analysis_frames = 0;
    std::int64_t memory = 0; ///< bytes of work space apart from models; 0: not known
    bool changes_rate = false;
    Rational each{1}; ///< outputs for each frame, of a rate changer where the input has no rate
};

/// The number of the first entry in the window of frame `number`, of a shot's frames `first` to
/// `last`, which may be one that the shot doesn't have: see oldfilm_config. `last` may be less than
/// the shot's end where the whole window lies before it. Of either kind of answer.
template <class Answer>
[[nodiscard]] std::int64_t window_start(const Answer& config, std::int64_t number,
                                        std::int64_t first, std::int64_t last) {
    const std::int64_t start = number - config.before;
    return config.edges == OLDFILM_REPEAT
               ? start
               : std::max(first, std::min(start, last - config.before - config.after));
}

/// One output that is wanted; see oldfilm_request.
struct Wanted {
    std::int64_t index = 0;
    std::vector<Frame> window;
    std::size_t center = 0;
    double position = 0;
};

/// What a stage made of it.
struct Made {
    bool unchanged = false;
    at::Tensor picture, mask;
    Evidence kind = Evidence::synthesized; ///< of what differs from the input
    at::Tensor evidence; ///< in place of it, a kind for each sample; may be undefined
};

class Stage {
  public:
    /// Throws `Error` as `create` fails.
    Stage(const oldfilm_plugin_description& plugin, const std::string& folder, Shared& shared,
          NamedFiles named = {});
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// Throws `Error`; stage_failed too when the answer makes no sense.
    const Config& configure(const StreamFormat& input, const std::vector<ParameterValue>& values);
    [[nodiscard]] const Config& config() const noexcept { return config_; }
    void change(const std::vector<ParameterValue>& values);
    void analyze(const Frame& frame);
    /// JSON text; checked to be that.
    std::string finish_analysis();
    void restore_analysis(const std::string& json);
    void reset();
    /// Checks what comes back: size, type, device, finite values.
    std::vector<Made> process(const std::vector<Wanted>& wanted);
    /// Before the first `process`, where `add_evidence` is going to be called.
    void keep_evidence();
    /// Asks where the samples of what `process` has just made come from.
    void add_evidence(std::vector<Made>& made);

    [[nodiscard]] const oldfilm_plugin_description& plugin() const noexcept { return *plugin_; }
    [[nodiscard]] const HostSide& host() const noexcept { return host_; }

  private:
    template <class Function>
    int call(const Function& function) noexcept;
    [[nodiscard]] Made taken(oldfilm_result& result) const;
    void add_evidence(Made& made, std::uint32_t request);
    void check_made(const Made& made, const Wanted& wanted) const;
    oldfilm_config answer_to(const oldfilm_format& format,
                             const std::vector<ParameterValue>& values);
    oldfilm_config answer_without_rate(const oldfilm_format& format,
                                       const std::vector<ParameterValue>& values);

    const oldfilm_plugin_description* plugin_;
    HostSide host_;
    std::shared_ptr<std::mutex> turn_;       ///< of a plugin that works on one thread; else null
    const oldfilm_stage_analysis* analysis_; ///< null if the plugin doesn't analyze
    const oldfilm_stage_live* live_;         ///< null if it has no live parameters
    const oldfilm_stage_evidence* evidence_; ///< null if it doesn't say where samples come from
    oldfilm_stage* stage_ = nullptr;
    Config config_;
};

} // namespace oldfilm::stage

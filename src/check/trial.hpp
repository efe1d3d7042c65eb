#pragma once
/// \file
/// A stage under test, driven by the C functions alone, as the pipeline would.

#include "check/bench.hpp"
#include "check/film.hpp"

#include <oldfilm/plugin/ext/draft/evidence.h>
#include <oldfilm/plugin/ext/draft/state.h>

#include <deque>
#include <functional>

namespace oldfilm::check {

/// How a call of the plugin's went.
struct Called {
    std::int32_t status = OLDFILM_OK;
    std::string escaped;  ///< of an exception that came across
    std::string sentence; ///< what was said, if it failed
    [[nodiscard]] bool ok() const { return status == OLDFILM_OK && escaped.empty(); }
    /// "status 1 (no frame pleases this stage)".
    [[nodiscard]] std::string shown() const;
};

/// Calls, and catches what comes across.
Called call(Bench& bench, const std::function<std::int32_t()>& function);
/// The check is about this call: when it fails, so does the check.
void require(const Called& called, const std::string& what);
/// The check is about something else, and cannot be made when this call fails.
void need(const Called& called, const std::string& what);

/// One output, taken over. Its tensors are copies, unless the trial keeps them as they came.
struct Output {
    bool unchanged = false;
    bool has_picture = false; ///< it came with a picture
    at::Tensor picture;       ///< the input's own when the stage says that it is unchanged
    at::Tensor mask;
    std::string malformed; ///< why a tensor that came cannot be read
};

/// Values for a table: the initial ones, and others by name. As the stage gets them.
class Values {
  public:
    explicit Values(const Subject& subject);
    /// Sets one; returns whether there is such a parameter.
    Values& set(const std::string& name, const ParameterValue& value);
    [[nodiscard]] std::vector<oldfilm_value> c() const;

  private:
    std::vector<Parameter> table_;
};

class Trial {
  public:
    explicit Trial(Subject& subject);
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    /// Created and configured; throws `Skipped` when that fails. `shape` null: the small one.
    Trial(Subject& subject, const Shape& shape);

    Called create();
    Called configure(const Shape& shape, const Values& values);
    Called change(const Values& values);
    void reset();
    void destroy();
    /// The first frames of the film, as many as the stage asked for, one at least.
    Called analyze(const Film& film);
    Called finish_analysis(std::string& json);
    Called restore_analysis(const std::string& json);
    [[nodiscard]] bool analyzes() const {
        return analysis_ != nullptr && config.analysis_frames > 0;
    }
    [[nodiscard]] bool saves_state() const { return state_ != nullptr; }
    Called save_state(std::string& bytes);
    Called load_state(const std::string& bytes);
    [[nodiscard]] bool says_evidence() const { return evidence_ != nullptr; }
    /// Before the first `process`, where `evidence` is going to be called.
    Called keep_evidence();
    /// Of the first output of the last call: the kind, or a plane, taken over.
    Called evidence(std::int32_t& kind, at::Tensor& plane);
    /// Reset, and analysis where the stage wants one; for a rate changer reset alone.
    Called begin_shot(const Film& film);
    /// Outputs `from` to `from` + `count` - 1 in one call, with windows clamped at the film's ends.
    /// Of a rate changer: what lies between frames `from` and `from` + 1 at `position`.
    Called process(const Film& film, std::int64_t from, std::int64_t count,
                   std::vector<Output>& out, double position = 0.5);
    /// The whole of it as one shot, in batches as the pipeline would. Throws `Skipped` when a call
    /// fails.
    std::vector<Output> shot(const Film& film, std::int64_t from, std::int64_t to);
    /// The same with the shot's beginning, of a copy of the film.
    std::vector<Output> whole_shot(const Film& film);

    /// Frames that a film needs for `outputs` windows that are not clamped.
    [[nodiscard]] std::int64_t length(std::int64_t outputs) const;
    /// The first frame whose window is not clamped.
    [[nodiscard]] std::int64_t middle() const { return config.before; }
    [[nodiscard]] bool changes_rate() const;
    [[nodiscard]] Bench& bench() { return bench_; }

    oldfilm_config config{};
    std::array<char, 64> behind_config{}; ///< room for a stage that writes beyond it
    Shape input;
    bool keep = false;   ///< outputs stay in the stage's own memory
    bool poison = false; ///< what was lent is overwritten as soon as a call returns

  private:
    class Lent;
    Output taken(oldfilm_result& result, const at::Tensor& center) const;

    Subject& subject_;
    const oldfilm_stage_analysis* analysis_; ///< null if the plugin does not have it
    const oldfilm_stage_live* live_;         ///< likewise
    const oldfilm_stage_state* state_;       ///< likewise
    const oldfilm_stage_evidence* evidence_; ///< likewise
    Bench bench_;
    oldfilm_stage* stage_ = nullptr;
    /// What the last calls lent: a stage that keeps it is the matter of one check, not of all.
    std::deque<std::shared_ptr<void>> lent_;
};

/// The first small shape that configure takes, three channels or one. Throws `Skipped` when there
/// is none.
Shape taken_shape(Subject& subject);
/// The first that process works with too, or what configure takes when none does.
const Shape& small_shape(Subject& subject);
/// Throws `Skipped` when outputs differ from run to run, which is a check of its own.
void need_repeatable(Subject& subject);
/// Fails when two lists of outputs differ by more than `tolerance` (0: in a bit).
void compare(const std::vector<Output>& a, const std::vector<Output>& b, double tolerance,
             const std::string& what);

} // namespace oldfilm::check

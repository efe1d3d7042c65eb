#include "check/trial.hpp"

#include "stage/answer.hpp"
#include "stage/library.hpp"
#include "stage/stage.hpp"
#include "stage/tensors.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>

namespace oldfilm::check {

std::string Called::shown() const {
    if (!escaped.empty()) {
        return fmt::format("a C++ exception came across: {}", escaped);
    }
    return fmt::format("status {} ({})", status,
                       sentence.empty() ? "it gives no reason" : sentence);
}

Called call(Bench& bench, const std::function<std::int32_t()>& function) {
    Called called;
    bench.take_sentence();
    try {
        called.status = function();
    } catch (const std::exception& error) {
        called.escaped = error.what();
        called.status = OLDFILM_FAILED;
    } catch (...) {
        called.escaped = "something that is no std::exception";
        called.status = OLDFILM_FAILED;
    }
    called.sentence = bench.take_sentence();
    return called;
}

void need(const Called& called, const std::string& what) {
    if (!called.ok()) {
        skip("{} fails: {}", what, called.shown());
    }
}

void require(const Called& called, const std::string& what) {
    if (!called.escaped.empty()) {
        skip("a C++ exception came across; see failures.exceptions");
    }
    if (!called.ok()) {
        fail("{} fails: {}", what, called.shown());
    }
}

Values::Values(const Subject& subject) : table_(subject.table()) {
    if (subject.values.empty()) {
        return;
    }
    const auto values = check_parameters(subject.id(), table_, subject.values);
    for (std::size_t i = 0; i < table_.size(); ++i) {
        table_[i].initial = values[i];
    }
}

Values& Values::set(const std::string& name, const ParameterValue& value) {
    for (Parameter& row : table_) {
        if (row.name == name) {
            row.initial = value;
        }
    }
    return *this;
}

std::vector<oldfilm_value> Values::c() const {
    std::vector<oldfilm_value> result;
    for (const Parameter& row : table_) {
        oldfilm_value value{0, 0, ""};
        if (const auto* flag = std::get_if<bool>(&row.initial)) {
            value.integer = *flag ? 1 : 0;
        } else if (const auto* integer = std::get_if<std::int64_t>(&row.initial)) {
            value.integer = *integer;
        } else if (const auto* number = std::get_if<double>(&row.initial)) {
            value.number = *number;
        } else {
            value.text = std::get<std::string>(row.initial).c_str();
        }
        result.push_back(value);
    }
    return result;
}

/// A frame lent to the plugin.
class Trial::Lent {
  public:
    Lent(const Film& film, std::int64_t n, bool torch)
        : picture_(stage::lend(film.pictures[static_cast<std::size_t>(n)], torch)) {
        if (!film.masks.empty()) {
            mask_ = stage::lend(film.masks[static_cast<std::size_t>(n)], torch);
            c_.mask = &mask_;
        }
        c_.size = sizeof(c_);
        c_.picture = &picture_;
        c_.index = film.first_index + n;
        c_.pts = film.first_pts + n;
        c_.duration = 1;
        c_.time_base = {1, 16};
        c_.shot = film.shot;
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    [[nodiscard]] const oldfilm_frame* c() const noexcept { return &c_; }
    void poison() {
        std::memset(&picture_, 0, sizeof(picture_));
        std::memset(&mask_, 0, sizeof(mask_));
        c_.index = -1;
        c_.pts = -1;
        c_.shot = -1;
    }

  private:
    oldfilm_tensor picture_;
    oldfilm_tensor mask_{};
    oldfilm_frame c_{};
};

Trial::Trial(Subject& subject)
    : subject_(subject),
      analysis_(stage::extension_of<oldfilm_stage_analysis>(*subject.plugin, OLDFILM_EXT_ANALYSIS)),
      live_(stage::extension_of<oldfilm_stage_live>(*subject.plugin, OLDFILM_EXT_LIVE)),
      state_(stage::extension_of<oldfilm_stage_state>(*subject.plugin, OLDFILM_EXT_STATE)),
      evidence_(stage::extension_of<oldfilm_stage_evidence>(*subject.plugin, OLDFILM_EXT_EVIDENCE)),
      bench_(subject) {}

Trial::Trial(Subject& subject, const Shape& shape) : Trial(subject) {
    need(create(), "create");
    need(configure(shape, Values(subject)), "configure");
}

Trial::~Trial() {
    destroy();
}

Called Trial::create() {
    Called called = call(bench_, [&] { return subject_.plugin->create(bench_.host(), &stage_); });
    if (called.ok() && stage_ == nullptr) {
        called.status = OLDFILM_FAILED;
        called.sentence = "it sets no instance";
    }
    return called;
}

Called Trial::configure(const Shape& shape, const Values& values) {
    oldfilm_format format{};
    format.size = sizeof(format);
    format.channels = shape.channels;
    format.height = shape.height;
    format.width = shape.width;
    format.rate = shape.rate;
    format.color = {2, 2, 2, 0, 0, {0, 0, 0}};
    format.device_type = OLDFILM_CPU;
    config = stage::answer_like(format);
    input = shape;
    const std::vector<oldfilm_value> c_values = values.c();
    return call(bench_, [&] {
        return subject_.plugin->configure(stage_, &format, c_values.data(), &config);
    });
}

Called Trial::change(const Values& values) {
    const std::vector<oldfilm_value> c_values = values.c();
    return call(bench_, [&] { return live_->change(stage_, c_values.data()); });
}

void Trial::reset() {
    if (subject_.plugin->reset != nullptr) {
        call(bench_, [&] {
            subject_.plugin->reset(stage_);
            return OLDFILM_OK;
        });
    }
}

void Trial::destroy() {
    if (stage_ != nullptr) {
        call(bench_, [&] {
            subject_.plugin->destroy(stage_);
            return OLDFILM_OK;
        });
        stage_ = nullptr;
    }
}

Called Trial::analyze(const Film& film) {
    const std::int64_t count = std::min<std::int64_t>(config.analysis_frames, film.size());
    for (std::int64_t n = 0; n < count; ++n) {
        Lent lent(film, n, subject_.torch());
        Called called = call(bench_, [&] { return analysis_->analyze(stage_, lent.c()); });
        if (!called.ok()) {
            return called;
        }
    }
    return {};
}

Called Trial::finish_analysis(std::string& json) {
    const char* text = nullptr;
    Called called = call(bench_, [&] { return analysis_->finish(stage_, &text); });
    json = text == nullptr ? "" : text;
    return called;
}

Called Trial::restore_analysis(const std::string& json) {
    return call(bench_, [&] { return analysis_->restore(stage_, json.c_str()); });
}

Called Trial::save_state(std::string& bytes) {
    const void* data = nullptr;
    std::size_t size = 0;
    Called called = call(bench_, [&] { return state_->save(stage_, &data, &size); });
    bytes = data == nullptr ? "" : std::string(static_cast<const char*>(data), size);
    return called;
}

Called Trial::load_state(const std::string& bytes) {
    return call(bench_, [&] { return state_->load(stage_, bytes.data(), bytes.size()); });
}

Called Trial::keep_evidence() {
    return call(bench_, [&] { return evidence_->keep(stage_); });
}

Called Trial::evidence(std::int32_t& kind, at::Tensor& plane) {
    oldfilm_tensor c{};
    Called called = call(bench_, [&] { return evidence_->evidence(stage_, 0, &kind, &c); });
    plane = stage::take(c, at::Device(at::kCPU));
    return called;
}

Called Trial::begin_shot(const Film& film) {
    reset();
    if (!analyzes() || changes_rate()) {
        return {};
    }
    Called called = analyze(film);
    std::string json;
    return called.ok() ? finish_analysis(json) : called;
}

bool Trial::changes_rate() const {
    return config.rate.num * input.rate.den != input.rate.num * config.rate.den;
}

std::int64_t Trial::length(std::int64_t outputs) const {
    return changes_rate() ? outputs + 1 : config.before + outputs + config.after;
}

Output Trial::taken(oldfilm_result& result, const at::Tensor& center) const {
    Output output;
    const auto take = [&](oldfilm_tensor& c) -> at::Tensor {
        if (c.impl == nullptr && c.data == nullptr) {
            return {};
        }
        try {
            at::Tensor tensor = stage::take(c, at::kCPU);
            return keep ? tensor : tensor.clone();
        } catch (const std::exception& error) {
            output.malformed = error.what();
            return {};
        }
    };
    output.picture = take(result.picture);
    output.has_picture = output.picture.defined();
    output.mask = take(result.mask); // given back either way
    if (result.has_mask == 0) {
        output.mask = at::Tensor();
    }
    output.unchanged = result.unchanged != 0;
    if (output.unchanged && !output.has_picture) {
        output.picture = center;
    }
    return output;
}

Called Trial::process(const Film& film, std::int64_t from, std::int64_t count,
                      std::vector<Output>& out, double position) {
    const auto kept = std::make_shared<std::deque<Lent>>();
    std::deque<Lent>& frames = *kept; // a deque, so that pointers stay valid while it grows
    std::deque<std::vector<const oldfilm_frame*>> windows;
    std::vector<oldfilm_result> results(static_cast<std::size_t>(count));
    std::vector<oldfilm_request> requests;
    const bool pair = changes_rate();
    const std::int64_t before = pair ? 0 : config.before;
    const std::int64_t after = pair ? 1 : config.after;
    for (std::int64_t i = 0; i < count; ++i) {
        auto& window = windows.emplace_back();
        const std::int64_t start =
            pair ? from + i : stage::window_start(config, from + i, 0, film.size() - 1);
        for (std::int64_t n = start; n <= start + before + after; ++n) {
            const std::int64_t place = std::clamp<std::int64_t>(n, 0, film.size() - 1);
            window.push_back(frames.emplace_back(film, place, subject_.torch()).c());
        }
        oldfilm_result& result = results[static_cast<std::size_t>(i)];
        result.size = sizeof(oldfilm_result);
        requests.push_back({sizeof(oldfilm_request), film.first_index + from + i, window.data(),
                            static_cast<std::uint32_t>(window.size()),
                            static_cast<std::uint32_t>(from + i - start), pair ? position : 0.0,
                            &result});
    }
    std::vector<const oldfilm_request*> pointers;
    pointers.reserve(requests.size());
    for (const oldfilm_request& request : requests) {
        pointers.push_back(&request);
    }
    Called called = call(bench_, [&] {
        return subject_.plugin->process(stage_, pointers.data(), static_cast<std::uint32_t>(count));
    });
    for (std::int64_t i = 0; i < count; ++i) {
        out.push_back(taken(results[static_cast<std::size_t>(i)],
                            film.pictures[static_cast<std::size_t>(from + i)]));
    }
    if (poison) {
        for (Lent& frame : frames) {
            frame.poison();
        }
    }
    lent_.push_back(kept);
    if (lent_.size() > 2) {
        lent_.pop_front();
    }
    return called;
}

std::vector<Output> Trial::shot(const Film& film, std::int64_t from, std::int64_t to) {
    std::vector<Output> out;
    const std::int64_t batch = changes_rate() ? 1 : std::max(config.batch, 1);
    for (std::int64_t n = from; n < to; n += batch) {
        need(process(film, n, std::min(batch, to - n), out), "process");
    }
    return out;
}

std::vector<Output> Trial::whole_shot(const Film& film) {
    const Film own = film.copy(); // a stage that writes into it spoils no other run
    need(begin_shot(own), "the analysis of a shot");
    return shot(own, 0, changes_rate() ? own.size() - 1 : own.size());
}

} // namespace oldfilm::check

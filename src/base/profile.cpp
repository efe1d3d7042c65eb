#include "base/hidden.hpp"

#include <oldfilm/profile.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace oldfilm {
namespace {

constexpr std::size_t most_spans = 5'000'000;
constexpr std::array names{"stage", "analysis", "model",  "flow", "decode",
                           "shots", "copy",     "encode", "wait"};

const char* name_of(Profile::Kind kind) {
    return names.at(static_cast<std::size_t>(kind));
}

/// Most bytes that the process held in memory at a time.
std::int64_t peak_resident() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return std::int64_t{usage.ru_maxrss} * 1024;
}

} // namespace

struct OLDFILM_HIDDEN Profile::Impl {
    struct Sum {
        std::int64_t calls = 0;
        double seconds = 0;
    };
    struct Kept {
        Kind kind;
        std::uint16_t thread, what;
        std::int64_t frame;
        double begin, seconds;
    };

    /// Stages in the order in which they were first heard of.
    std::size_t number_of(std::string_view what) {
        const auto known = std::find(labels.begin(), labels.end(), what);
        if (known != labels.end()) {
            return static_cast<std::size_t>(known - labels.begin());
        }
        labels.emplace_back(what);
        sums.emplace_back();
        return labels.size() - 1;
    }
    [[nodiscard]] const Sum& sum(std::size_t what, Kind kind) const {
        return sums[what][static_cast<std::size_t>(kind)];
    }
    /// What a stage's calls took beside its models and flow.
    [[nodiscard]] double own(std::size_t what) const {
        return sum(what, Kind::stage).seconds + sum(what, Kind::analysis).seconds -
               sum(what, Kind::model).seconds - sum(what, Kind::flow).seconds;
    }

    const bool keep_spans;
    const Clock::time_point start = Clock::now();

    mutable std::mutex mutex; ///< guards what follows
    std::vector<std::string> labels, notes;
    std::vector<std::array<Sum, names.size()>> sums; ///< by label and kind
    std::vector<Kept> spans;
    std::map<std::thread::id, std::uint16_t> threads;
    double end = 0; ///< of the last span, since `start`
    std::int64_t peak_frames = 0, peak_bytes = 0;

    explicit Impl(bool keep) : keep_spans(keep) {}
};

Profile::Profile(bool keep_spans) : impl_(std::make_unique<Impl>(keep_spans)) {}
Profile::~Profile() = default;

void Profile::add(Kind kind, std::string_view what, std::int64_t frame, Clock::time_point begin,
                  Clock::time_point end) {
    Impl& it = *impl_;
    const double seconds = std::chrono::duration<double>(end - begin).count();
    const std::lock_guard lock(it.mutex);
    const std::size_t label = it.number_of(what);
    Impl::Sum& sum = it.sums[label][static_cast<std::size_t>(kind)];
    ++sum.calls;
    sum.seconds += seconds;
    it.end = std::max(it.end, std::chrono::duration<double>(end - it.start).count());
    if (it.keep_spans && it.spans.size() < most_spans) {
        const auto thread = it.threads.try_emplace(std::this_thread::get_id(),
                                                   static_cast<std::uint16_t>(it.threads.size()));
        it.spans.push_back({kind, thread.first->second, static_cast<std::uint16_t>(label), frame,
                            std::chrono::duration<double>(begin - it.start).count(), seconds});
    }
}

void Profile::add_memory(std::int64_t frames, std::int64_t bytes) {
    const std::lock_guard lock(impl_->mutex);
    impl_->peak_frames = std::max(impl_->peak_frames, frames);
    impl_->peak_bytes = std::max(impl_->peak_bytes, bytes);
}

void Profile::note(const std::string& line) {
    const std::lock_guard lock(impl_->mutex);
    if (std::find(impl_->notes.begin(), impl_->notes.end(), line) == impl_->notes.end()) {
        impl_->notes.push_back(line);
    }
}

std::string Profile::table() const {
    const Impl& it = *impl_;
    const std::lock_guard lock(it.mutex);
    constexpr const char* row =
        "{:<18}{:>8}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.1f}{:>8.1f}\n";
    std::string text = fmt::format("{:<18}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}\n", "seconds in",
                                   "calls", "all", "models", "flow", "itself", "ms/call", "%");
    const double wall = std::max(it.end, 1e-9);
    for (std::size_t i = 0; i < it.labels.size(); ++i) {
        const Impl::Sum& stage = it.sum(i, Kind::stage);
        const double all = stage.seconds + it.sum(i, Kind::analysis).seconds;
        if (stage.calls > 0) {
            text += fmt::format(row, it.labels[i], stage.calls, all, it.sum(i, Kind::model).seconds,
                                it.sum(i, Kind::flow).seconds, it.own(i),
                                1e3 * all / static_cast<double>(stage.calls), 100 * all / wall);
        }
    }
    constexpr const char* around = "{:<18}{:>8}{:>10.2f}{:>40.1f}{:>8.1f}\n";
    for (const Kind kind : {Kind::decode, Kind::shots, Kind::copy, Kind::encode, Kind::wait}) {
        Impl::Sum sum;
        for (std::size_t i = 0; i < it.labels.size(); ++i) {
            sum.calls += it.sum(i, kind).calls;
            sum.seconds += it.sum(i, kind).seconds;
        }
        if (sum.calls > 0) {
            text += fmt::format(around, fmt::format("({})", name_of(kind)), sum.calls, sum.seconds,
                                1e3 * sum.seconds / static_cast<double>(sum.calls),
                                100 * sum.seconds / wall);
        }
    }
    text += fmt::format("{:.2f} s in all; at most {} frames of {:.1f} MiB between stages, "
                        "{:.0f} MiB resident\n",
                        wall, it.peak_frames, static_cast<double>(it.peak_bytes) / (1 << 20),
                        static_cast<double>(peak_resident()) / (1 << 20));
    for (const std::string& line : it.notes) {
        text += line + "\n";
    }
    return text;
}

std::string Profile::trace() const {
    const Impl& it = *impl_;
    const std::lock_guard lock(it.mutex);
    if (!it.keep_spans) {
        return "";
    }
    std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n";
    for (const Impl::Kept& span : it.spans) {
        const std::string& label = it.labels[span.what];
        const char* kind = name_of(span.kind);
        const std::string name = label.empty()              ? std::string(kind)
                                 : span.kind == Kind::stage ? label
                                                            : label + " " + kind;
        text += fmt::format(
            R"({{"name": {}, "cat": "{}", "ph": "X", "pid": 1, "tid": {}, "ts": {:.1f}, "dur": {:.1f}, "args": {{"frame": {}}}}})",
            nlohmann::json(name).dump(), kind, span.thread + 1, span.begin * 1e6,
            span.seconds * 1e6, span.frame);
        text += ",\n";
    }
    // The format wants no comma after the last event: the process's name ends the list.
    text += R"({"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "oldfilm"}}]})";
    return text + "\n";
}

} // namespace oldfilm

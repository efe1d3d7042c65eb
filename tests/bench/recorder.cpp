// `oldfilm::Model::open` and `run` are the library's; the definitions here stand before them. The
// dynamic linker takes a program's own definition of a function before a library's, so the library
// calls these, which note the call and go on to the library's. Stages and their plugins need no
// change for it, and the tensors are the very ones.
#include "recorder.hpp"

#include <oldfilm/error.hpp>

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace bench {
namespace {

using oldfilm::Model;
using oldfilm::ModelOptions;
using Clock = std::chrono::steady_clock;

/// What is being recorded; the library calls from threads of its own.
struct Recorder {
    std::mutex mutex;
    std::optional<Recording> recording;
    std::map<const Model*, std::size_t> numbers;
    std::atomic<std::int64_t> nanoseconds = 0;
};

Recorder& recorder() {
    static Recorder one;
    return one;
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The library's own function behind one of this file, which has the same name.
template <class Function>
Function behind(const void* own) {
    Dl_info info{};
    void* found = nullptr;
    if (dladdr(own, &info) != 0 && info.dli_sname != nullptr) {
        found = dlsym(RTLD_NEXT, info.dli_sname);
    }
    if (found == nullptr) {
        throw oldfilm::Error(oldfilm::Errc::internal,
                             "the benchmark expected the library's models behind its own "
                             "functions, and found none; link oldfilm as a shared library");
    }
    return reinterpret_cast<Function>(found);
}

} // namespace

void start_recording() {
    const std::scoped_lock lock(recorder().mutex);
    recorder().recording.emplace();
    recorder().numbers.clear();
}

Recording recorded() {
    const std::scoped_lock lock(recorder().mutex);
    return std::exchange(recorder().recording, std::nullopt).value_or(Recording());
}

double seconds_in_models() {
    return static_cast<double>(recorder().nanoseconds.load()) * 1e-9;
}

ModelTimes replay(const Recording& recording) {
    ModelTimes times;
    const auto start = Clock::now();
    std::vector<std::shared_ptr<Model>> models;
    for (const Recording::Opened& one : recording.models) {
        models.push_back(Model::open(one.path, one.task, one.options));
    }
    times.load = seconds_since(start);
    for (const Recording::Call& call : recording.calls) {
        const auto begin = Clock::now();
        static_cast<void>(models[call.model]->run(call.inputs));
        times.by_task[models[call.model]->manifest().task] += seconds_since(begin);
    }
    times.run = seconds_since(start) - times.load;
    return times;
}

} // namespace bench

namespace oldfilm {

std::shared_ptr<Model> Model::open(const std::string& path, const std::string& task,
                                   const ModelOptions& options) {
    using Open =
        std::shared_ptr<Model> (*)(const std::string&, const std::string&, const ModelOptions&);
    static const Open original = bench::behind<Open>(reinterpret_cast<const void*>(&Model::open));
    std::shared_ptr<Model> model = original(path, task, options);
    bench::Recorder& recorder = bench::recorder();
    const std::scoped_lock lock(recorder.mutex);
    if (recorder.recording) {
        ModelOptions recorded = options;
        recorded.log = {}; // it may speak to what does not live as long
        recorder.numbers[model.get()] = recorder.recording->models.size();
        recorder.recording->models.push_back({path, task, recorded});
    }
    return model;
}

std::vector<at::Tensor> Model::run(const std::vector<at::Tensor>& inputs,
                                   const std::function<bool()>& cancelled, std::int64_t memory) {
    // A member function is called as a plain one whose first argument is the object.
    using Run = std::vector<at::Tensor> (*)(Model*, const std::vector<at::Tensor>&,
                                            const std::function<bool()>&, std::int64_t);
    static const Run original = [] {
        const auto own = &Model::run;
        const void* address = nullptr;
        static_assert(sizeof(own) >= sizeof(address));
        std::memcpy(&address, &own, sizeof(address)); // its first word, by the Itanium C++ ABI
        return bench::behind<Run>(address);
    }();
    bench::Recorder& recorder = bench::recorder();
    {
        const std::scoped_lock lock(recorder.mutex);
        if (recorder.recording) {
            recorder.recording->calls.push_back({recorder.numbers.at(this), inputs});
        }
    }
    const auto start = bench::Clock::now();
    std::vector<at::Tensor> outputs = original(this, inputs, cancelled, memory);
    recorder.nanoseconds +=
        std::chrono::duration_cast<std::chrono::nanoseconds>(bench::Clock::now() - start).count();
    return outputs;
}

} // namespace oldfilm

#include "stage/services.hpp"

#include "stage/tensors.hpp"

#include <oldfilm/plugin/ext/draft/damage.h>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

/// The model that a plugin holds: the host's own.
struct oldfilm_model {
    std::shared_ptr<oldfilm::Model> model;
};

namespace oldfilm::stage {
namespace {

/// Runs a service's work; what it throws is remembered, and becomes a status.
template <class Work>
std::int32_t serve(const oldfilm_host* host, Work&& work) noexcept {
    HostSide& side = HostSide::of(host);
    try {
        work(side);
        return OLDFILM_OK;
    } catch (const Error& error) {
        return side.remember(error.code(), error.what());
    } catch (const std::bad_alloc&) {
        return side.remember(Errc::out_of_memory,
                             "there is not enough memory; use a smaller frame or --memory");
    } catch (const c10::Error& error) {
        return side.remember(Errc::stage_failed, error.what_without_backtrace());
    } catch (const std::exception& error) {
        return side.remember(Errc::stage_failed, error.what());
    } catch (...) {
        return side.remember(Errc::stage_failed, "something that is no std::exception was thrown");
    }
}

LogLevel level_of(std::int32_t level) {
    return level >= OLDFILM_LOG_WARNING ? LogLevel::warning
           : level == OLDFILM_LOG_INFO  ? LogLevel::info
                                        : LogLevel::debug;
}

/// Nothing that stops a line from being written stops the stage.
void write_log(const oldfilm_host* host, std::int32_t level, const char* line) {
    const HostSide& side = HostSide::of(host);
    try {
        side.shared().log(level_of(level),
                          fmt::format("{}: {}", side.label(), line == nullptr ? "" : line));
    } catch (...) {
    }
}

/// A frame that the plugin hands on stays that frame, so that its flow is known again.
at::Tensor borrow(const HostSide& side, std::deque<Borrowed>& borrowed, const oldfilm_tensor& c) {
    const at::Tensor* known = c.impl == nullptr ? side.find_lent(c) : nullptr;
    return known != nullptr ? *known : borrowed.emplace_back(c, side.shared().device).tensor();
}

std::int32_t is_cancelled(const oldfilm_host* host) {
    return HostSide::of(host).shared().cancelled.load() ? 1 : 0;
}

std::int32_t allocate(const oldfilm_host* host, std::int32_t dtype, std::int32_t ndim,
                      const std::int64_t* shape, oldfilm_tensor* tensor) {
    return serve(host, [&](HostSide& side) {
        if (ndim < 0 || ndim > OLDFILM_MAX_DIMS || (shape == nullptr && ndim > 0)) {
            throw Error(Errc::stage_failed,
                        fmt::format("a tensor must have a shape of 0 to {} dimensions, found {}{}",
                                    OLDFILM_MAX_DIMS, ndim, shape == nullptr ? " and null" : ""));
        }
        *tensor =
            give(at::empty({shape, static_cast<std::size_t>(ndim)},
                           at::TensorOptions().dtype(type_of(dtype)).device(side.shared().device)),
                 side.torch());
    });
}

std::int32_t open_model(const oldfilm_host* host, const char* package, const char* task,
                        oldfilm_model** model) {
    return serve(host, [&](HostSide& side) {
        auto opened = std::make_unique<oldfilm_model>();
        opened->model = side.open_model(package, task);
        *model = opened.release();
    });
}

const char* manifest_of(const oldfilm_model* model) {
    return model->model->manifest().json.c_str();
}

const char* name_at(const std::vector<std::string>& names, std::uint32_t index) {
    return index < names.size() ? names[index].c_str() : nullptr;
}
const char* input_name(const oldfilm_model* model, std::uint32_t index) {
    return name_at(model->model->manifest().inputs, index);
}
const char* output_name(const oldfilm_model* model, std::uint32_t index) {
    return name_at(model->model->manifest().outputs, index);
}

std::int32_t run_model(const oldfilm_host* host, oldfilm_model* model,
                       const oldfilm_tensor* const* inputs, std::uint32_t input_count,
                       oldfilm_tensor* outputs, std::uint32_t output_count) {
    return serve(host, [&](HostSide& side) {
        std::deque<Borrowed> borrowed; // until the network's work is queued
        std::vector<at::Tensor> given;
        for (std::uint32_t i = 0; i < input_count; ++i) {
            given.push_back(borrow(side, borrowed, *inputs[i]));
        }
        const Profile::Span span(side.shared().profile, Profile::Kind::model, side.label());
        const std::vector<at::Tensor> made = model->model->run(
            given, [&side] { return side.shared().cancelled.load(); }, side.shared().memory);
        if (made.size() != output_count) {
            throw Error(Errc::stage_failed,
                        fmt::format("the stage expects {} outputs of the model {}, which has {}",
                                    output_count, model->model->manifest().id, made.size()));
        }
        for (const at::Tensor& output : made) {
            static_cast<void>(lend(output, side.torch())); // all of them can be given, or none is
        }
        for (std::uint32_t i = 0; i < output_count; ++i) {
            outputs[i] = give(made[i], side.torch());
        }
    });
}

void close_model(const oldfilm_host* /*host*/, oldfilm_model* model) {
    const std::unique_ptr<oldfilm_model> owned(model);
}

template <FlowDetail detail>
std::int32_t find_flow(const oldfilm_host* host, const oldfilm_tensor* from,
                       const oldfilm_tensor* to, oldfilm_tensor* flow) {
    return serve(host, [&](HostSide& side) {
        const Profile::Span span(side.shared().profile, Profile::Kind::flow, side.label());
        std::deque<Borrowed> borrowed;
        const at::Tensor a = borrow(side, borrowed, *from);
        const at::Tensor b = borrow(side, borrowed, *to);
        *flow = give(side.shared().flow.flow(a, b, detail), side.torch());
    });
}

const oldfilm_tensor* damage_of(const oldfilm_host* host, const oldfilm_frame* frame) {
    const auto& known = HostSide::of(host).damage;
    const auto found = known.find(frame);
    return found == known.end() ? nullptr : found->second;
}

const void* get_extension(const oldfilm_host* /*host*/, const char* id) {
    static constexpr oldfilm_host_log log{sizeof(oldfilm_host_log), write_log};
    static constexpr oldfilm_host_cancel cancel{sizeof(oldfilm_host_cancel), is_cancelled};
    static constexpr oldfilm_host_tensor tensors{sizeof(oldfilm_host_tensor), allocate};
    static constexpr oldfilm_host_model models{sizeof(oldfilm_host_model),
                                               open_model,
                                               manifest_of,
                                               input_name,
                                               output_name,
                                               run_model,
                                               close_model};
    static constexpr oldfilm_host_flow flows{sizeof(oldfilm_host_flow), find_flow<FlowDetail::half>,
                                             find_flow<FlowDetail::full>};
    static constexpr oldfilm_host_damage damage{sizeof(oldfilm_host_damage), damage_of};
    const std::pair<const char*, const void*> services[] = {
        {OLDFILM_EXT_LOG, &log},      {OLDFILM_EXT_CANCEL, &cancel}, {OLDFILM_EXT_TENSOR, &tensors},
        {OLDFILM_EXT_MODEL, &models}, {OLDFILM_EXT_FLOW, &flows},    {OLDFILM_EXT_DAMAGE, &damage}};
    for (const auto& [name, service] : services) {
        if (id != nullptr && std::strcmp(id, name) == 0) {
            return service;
        }
    }
    return nullptr;
}

void fail(const oldfilm_host* host, const char* sentence) {
    HostSide::of(host).remember(Errc::stage_failed, sentence == nullptr ? "" : sentence);
}

} // namespace

HostSide::HostSide(Shared& shared, std::string label, std::string folder, bool torch,
                   NamedFiles named)
    : shared_(shared), label_(std::move(label)), folder_(std::move(folder)), torch_(torch),
      named_(std::move(named)) {
    host_.size = sizeof(host_);
    host_.abi_major = OLDFILM_ABI_MAJOR;
    host_.abi_minor = OLDFILM_ABI_MINOR;
    host_.context = this;
    host_.folder = folder_.c_str();
    host_.get_extension = get_extension;
    host_.fail = fail;
    constexpr std::size_t room = 512;
    sentence_.reserve(room);
}

const at::Tensor* HostSide::find_lent(const oldfilm_tensor& c) const noexcept {
    const auto is_it = [&c](const at::Tensor& one) {
        bool same = one.const_data_ptr() == c.data && one.dim() == c.ndim;
        for (int i = 0; same && i < c.ndim; ++i) {
            same = one.size(i) == c.shape[i] && one.stride(i) == c.strides[i];
        }
        return same;
    };
    const auto found = std::find_if(lent.begin(), lent.end(), is_it);
    return found == lent.end() ? nullptr : &*found;
}

std::shared_ptr<Model> HostSide::open_model(const std::string& name, const std::string& task) {
    ModelOptions options;
    options.device = shared_.device.str();
    options.precision = shared_.precision;
    options.log = shared_.log;
    options.memory = shared_.budget; // what a run may take of it is said at each
    options.tile = shared_.tile;
    options.optimize = shared_.optimize;
    const auto named = named_.find(name);
    const std::string file =
        find_package(name, folder_, named == named_.end() ? std::string() : named->second);
    OpenModel opened = shared_.models->open(file, task, options);
    const std::scoped_lock lock(mutex_);
    packages_[name] = opened.checksum;
    models_.push_back(opened.model);
    return std::move(opened.model);
}

std::vector<std::shared_ptr<Model>> HostSide::open_models() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::shared_ptr<Model>> open;
    for (const std::weak_ptr<Model>& model : models_) {
        if (auto one = model.lock()) {
            open.push_back(std::move(one));
        }
    }
    return open;
}

int HostSide::remember(Errc code, std::string_view sentence) noexcept {
    // LibTorch's sentences go on with a stack trace, which helps nobody who restores films.
    sentence = sentence.substr(0, sentence.find("\nException raised from"));
    const std::scoped_lock lock(mutex_);
    code_ = code;
    try {
        sentence_ = sentence;
    } catch (const std::bad_alloc&) { // as much of it as there is room for
        sentence_ = sentence.substr(0, sentence_.capacity());
    }
    switch (code) {
    case Errc::cancelled:
        return OLDFILM_CANCELLED;
    case Errc::out_of_memory:
        return OLDFILM_OUT_OF_MEMORY;
    default:
        return OLDFILM_FAILED;
    }
}

void HostSide::check(int status, const char* doing) {
    std::optional<Errc> said;
    std::string sentence;
    {
        const std::scoped_lock lock(mutex_);
        said = std::exchange(code_, std::nullopt);
        if (status == OLDFILM_OK) {
            return;
        }
        sentence = said ? sentence_ : "it gave no reason";
    }
    Errc code = said.value_or(Errc::stage_failed);
    if (status == OLDFILM_CANCELLED) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
    if (status == OLDFILM_OUT_OF_MEMORY) {
        code = Errc::out_of_memory;
    } else if (status == OLDFILM_INVALID) {
        code = Errc::invalid_argument;
    }
    throw Error(code, fmt::format("stage {} failed to {}: {}", label_, doing, sentence));
}

} // namespace oldfilm::stage

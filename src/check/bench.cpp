#include "check/bench.hpp"

#include <algorithm>
#include <cstring>

namespace oldfilm::check {

// The base needs `shared_` only when a service is called, so it may be given before it is made.
Bench::Bench(Subject& subject)
    : HostSide(shared_, subject.id(), subject.library.folder(), subject.torch()), subject_(subject),
      front_(*HostSide::c()) {
    shared_.models = subject.models;
    shared_.precision = Precision::float32; // so that outputs can be compared
    front_.get_extension = get_extension;
    front_.fail = say;
}

std::size_t Bench::living_tensors() {
    given_.erase(std::remove_if(given_.begin(), given_.end(),
                                [](const auto& tensor) { return tensor.expired(); }),
                 given_.end());
    return given_.size();
}

std::string Bench::take_sentence() {
    const std::lock_guard lock(mutex_);
    return std::exchange(sentence_, {});
}

bool Bench::fails(Service service, std::int32_t& status) {
    if (++calls_.at(index(service)) != fail_at_.at(index(service))) {
        return false;
    }
    const bool memory = service == Service::allocate;
    status = remember(memory ? Errc::out_of_memory : Errc::stage_failed,
                      "the service was made to fail by the check");
    noted(status);
    return true;
}

std::int32_t Bench::noted(std::int32_t status) {
    if (status != OLDFILM_OK) {
        const std::lock_guard lock(mutex_);
        try {
            check(status, "use a service of the host");
        } catch (const Error& error) {
            sentence_ = error.what();
        }
    }
    return status;
}

void Bench::watch(const oldfilm_tensor& tensor) {
    constexpr std::size_t many = 64;
    if (given_.size() >= many) {
        static_cast<void>(living_tensors()); // forgets those that are gone
    }
    if (tensor.owner != nullptr) {
        auto* const impl = static_cast<c10::TensorImpl*>(tensor.owner);
        given_.emplace_back(
            c10::intrusive_ptr<c10::TensorImpl>::unsafe_reclaim_from_nonowning(impl));
    }
}

std::int32_t Bench::allocate(const oldfilm_host* host, std::int32_t dtype, std::int32_t ndim,
                             const std::int64_t* shape, oldfilm_tensor* tensor) {
    Bench& bench = of(host);
    std::int32_t status = OLDFILM_OK;
    if (!bench.fails(Service::allocate, status)) {
        const auto* service =
            static_cast<const oldfilm_host_tensor*>(bench.original(OLDFILM_EXT_TENSOR));
        status = bench.noted(service->allocate(host, dtype, ndim, shape, tensor));
        if (status == OLDFILM_OK) {
            bench.watch(*tensor);
        }
    }
    return status;
}

std::int32_t Bench::open(const oldfilm_host* host, const char* package, const char* task,
                         oldfilm_model** model) {
    Bench& bench = of(host);
    std::int32_t status = OLDFILM_OK;
    if (bench.fails(Service::open_model, status)) {
        return status;
    }
    const auto* service = static_cast<const oldfilm_host_model*>(bench.original(OLDFILM_EXT_MODEL));
    status = bench.noted(service->open(host, package, task, model));
    if (status == OLDFILM_OK) {
        ++bench.open_models_;
        std::shared_ptr<Model>& kept = bench.subject_.kept_models[package];
        if (!kept) {
            ModelOptions options;
            options.precision = Precision::float32;
            kept = bench.subject_.models
                       ->open(stage::find_package(package, bench.folder()), task, options)
                       .model;
        }
    }
    return status;
}

std::int32_t Bench::run(const oldfilm_host* host, oldfilm_model* model,
                        const oldfilm_tensor* const* inputs, std::uint32_t input_count,
                        oldfilm_tensor* outputs, std::uint32_t output_count) {
    Bench& bench = of(host);
    std::int32_t status = OLDFILM_OK;
    if (bench.fails(Service::run_model, status)) {
        return status;
    }
    const auto* service = static_cast<const oldfilm_host_model*>(bench.original(OLDFILM_EXT_MODEL));
    status = bench.noted(service->run(host, model, inputs, input_count, outputs, output_count));
    if (status == OLDFILM_OK) {
        std::for_each(outputs, outputs + output_count,
                      [&](const oldfilm_tensor& output) { bench.watch(output); });
    }
    return status;
}

void Bench::close(const oldfilm_host* host, oldfilm_model* model) {
    Bench& bench = of(host);
    --bench.open_models_;
    static_cast<const oldfilm_host_model*>(bench.original(OLDFILM_EXT_MODEL))->close(host, model);
}

template <auto member>
std::int32_t Bench::find_flow(const oldfilm_host* host, const oldfilm_tensor* from,
                              const oldfilm_tensor* to, oldfilm_tensor* flow) {
    Bench& bench = of(host);
    std::int32_t status = OLDFILM_OK;
    if (bench.fails(Service::flow, status)) {
        return status;
    }
    const auto* service = static_cast<const oldfilm_host_flow*>(bench.original(OLDFILM_EXT_FLOW));
    return bench.noted((service->*member)(host, from, to, flow));
}

const void* Bench::extension(const char* id) {
    static constexpr oldfilm_host_tensor tensors{sizeof(oldfilm_host_tensor), allocate};
    static const oldfilm_host_model models = [this] {
        auto watched = *static_cast<const oldfilm_host_model*>(original(OLDFILM_EXT_MODEL));
        watched.open = open;
        watched.run = run;
        watched.close = close;
        return watched;
    }();
    static constexpr oldfilm_host_flow flows{sizeof(oldfilm_host_flow),
                                             find_flow<&oldfilm_host_flow::flow>,
                                             find_flow<&oldfilm_host_flow::fine_flow>};
    if (withheld_.count("") != 0 || withheld_.count(id) != 0) {
        return nullptr;
    }
    if (std::strcmp(id, OLDFILM_EXT_TENSOR) == 0) {
        return &tensors;
    }
    if (std::strcmp(id, OLDFILM_EXT_MODEL) == 0) {
        return &models;
    }
    return std::strcmp(id, OLDFILM_EXT_FLOW) == 0 ? &flows : original(id);
}

const void* Bench::get_extension(const oldfilm_host* host, const char* id) {
    return id == nullptr ? nullptr : of(host).extension(id);
}

void Bench::say(const oldfilm_host* host, const char* sentence) {
    Bench& bench = of(host);
    const std::lock_guard lock(bench.mutex_);
    bench.sentence_ = sentence == nullptr ? "" : sentence;
}

} // namespace oldfilm::check

#pragma once
/// \file
/// A host for one stage under test: the library's own services, watched, and failing when asked.

#include "check/check.hpp"

#include <c10/core/TensorImpl.h>

#include <array>
#include <mutex>
#include <set>

namespace oldfilm::check {

/// Services whose calls are counted and can be made to fail.
enum class Service : unsigned char { allocate, open_model, run_model, flow };

class Bench : private stage::HostSide {
  public:
    explicit Bench(Subject& subject);
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench() = default;

    [[nodiscard]] const oldfilm_host* host() const noexcept { return &front_; }
    /// What the stage learns when it asks whether the run is to end.
    [[nodiscard]] std::atomic<bool>& cancelled() noexcept { return shared_.cancelled; }
    [[nodiscard]] int calls(Service service) const { return calls_.at(index(service)); }
    /// The `number`th call from the start (from 1) fails; 0: none does.
    void fail_at(Service service, int number) { fail_at_.at(index(service)) = number; }
    /// No service has this name any more; "" for all of them.
    void withhold(const std::string& id) { withheld_.insert(id); }
    [[nodiscard]] int open_models() const noexcept { return open_models_; }
    /// Tensors that were given to the stage and still live. Flows are not counted: the host keeps
    /// some itself.
    [[nodiscard]] std::size_t living_tensors();
    /// What the stage, or a service that failed it, said since the last time; empty: nothing.
    std::string take_sentence();

  private:
    static Bench& of(const oldfilm_host* host) {
        return static_cast<Bench&>(stage::HostSide::of(host));
    }
    static std::size_t index(Service service) { return static_cast<std::size_t>(service); }
    [[nodiscard]] const void* original(const char* id) const {
        return HostSide::c()->get_extension(HostSide::c(), id);
    }
    bool fails(Service service, std::int32_t& status);
    std::int32_t noted(std::int32_t status);
    void watch(const oldfilm_tensor& tensor);
    const void* extension(const char* id);

    static std::int32_t allocate(const oldfilm_host*, std::int32_t, std::int32_t,
                                 const std::int64_t*, oldfilm_tensor*);
    static std::int32_t open(const oldfilm_host*, const char*, const char*, oldfilm_model**);
    static std::int32_t run(const oldfilm_host*, oldfilm_model*, const oldfilm_tensor* const*,
                            std::uint32_t, oldfilm_tensor*, std::uint32_t);
    static void close(const oldfilm_host*, oldfilm_model*);
    template <auto member>
    static std::int32_t find_flow(const oldfilm_host*, const oldfilm_tensor*, const oldfilm_tensor*,
                                  oldfilm_tensor*);
    static const void* get_extension(const oldfilm_host*, const char*);
    static void say(const oldfilm_host*, const char*);

    Subject& subject_;
    stage::Shared shared_;
    oldfilm_host front_;
    std::mutex mutex_; ///< of the sentence
    std::string sentence_;
    std::array<int, 4> calls_{}, fail_at_{};
    std::set<std::string> withheld_;
    std::atomic<int> open_models_{0};
    std::vector<c10::weak_intrusive_ptr<c10::TensorImpl>> given_;
};

} // namespace oldfilm::check

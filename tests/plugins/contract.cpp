// A stage that adds `amount`, or breaks its contract in the one way that KIND_... names.
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace {

using namespace oldfilm;

class Contract final : public sdk::Stage {
  public:
    explicit Contract(const sdk::Host& host) : Stage(host) {
#ifdef KIND_THROWS_IN_CREATE
        throw sdk::Failure("this stage never starts");
#endif
    }
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        amount_ = values.number("amount");
    }
    void change(const sdk::Values& values) override {
        amount_ = values.number("amount");
    }
    using Stage::process;
    void process(const sdk::Request& request) override {
        const at::Tensor picture = sdk::picture(request.centre());
#if defined(KIND_THROWS_IN_PROCESS)
        throw std::runtime_error("no frame pleases this stage");
#elif defined(KIND_WRONG_SHAPE)
        request.give(sdk::give(at::zeros({3, 7, 7})));
#elif defined(KIND_NAN)
        request.give(sdk::give(at::full_like(picture, std::numeric_limits<float>::quiet_NaN())));
#elif defined(KIND_NO_PICTURE)
        static_cast<void>(picture);
#else
        request.give(sdk::give(picture + amount_));
#endif
    }

  private:
    double amount_ = 0;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<Contract>(
    {"org.oldfilm." NAME,
     NAME,
     "1.0.0",
     "Adds a number, or misbehaves on purpose",
     {sdk::number("amount", 0.25, -1, 1, "what is added").live(),
      sdk::choice("mood", "calm", {"calm", "wild"}, "nothing but a choice")}}))

// A stage that adds `amount`, or breaks its contract in the one way that `contract_kind` names,
// which each library defines for itself.
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <string>
#include <string_view>

extern const char* const contract_kind;

namespace {

using namespace oldfilm;

bool is(std::string_view kind) {
    return kind == contract_kind;
}

class Contract final : public sdk::Stage, public sdk::LiveParameters {
  public:
    explicit Contract(const sdk::Host& host) : Stage(host) {
        if (is("throws-in-create")) {
            throw sdk::Failure("this stage never starts");
        }
    }
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        amount_ = values.number("amount");
    }
    void change(const sdk::Values& values) override { amount_ = values.number("amount"); }
    void process(const sdk::Request& request) override {
        const at::Tensor picture = sdk::picture(request.center());
        if (is("throws-in-process")) {
            throw std::runtime_error("no frame pleases this stage");
        }
        if (is("wrong-shape")) {
            request.set_output(sdk::share(at::zeros({3, 7, 7})));
        } else if (is("nan")) {
            request.set_output(
                sdk::share(at::full_like(picture, std::numeric_limits<float>::quiet_NaN())));
        } else if (!is("no-picture")) {
            request.set_output(sdk::share(picture + amount_));
        }
    }

  private:
    double amount_ = 0;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<Contract>(
    {"org.oldfilm.test-" + std::string(contract_kind),
     "test-" + std::string(contract_kind),
     "1.0.0",
     "Adds a number, or misbehaves on purpose",
     {sdk::number("amount", 0.25, -1, 1, "what is added").live(),
      sdk::choice("mood", "calm", {"calm", "wild"}, "nothing but a choice")}}))

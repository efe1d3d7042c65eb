// Two stages in one library, without LibTorch, that lean on a library of their own.
#include <oldfilm/stage.hpp>

extern "C" float gained(float value, float gain);

namespace {

using namespace oldfilm;

/// Calls `make(value)` for each sample of a picture of any strides.
template <class Make>
sdk::TensorRef made(const sdk::Host& host, const oldfilm_tensor& in, Make&& make) {
    sdk::TensorRef out = host.allocate({in.shape[0], in.shape[1], in.shape[2]});
    const auto* from = static_cast<const float*>(in.data);
    auto* to = out.data<float>();
    for (std::int64_t c = 0; c < in.shape[0]; ++c) {
        for (std::int64_t y = 0; y < in.shape[1]; ++y) {
            for (std::int64_t x = 0; x < in.shape[2]; ++x) {
                *to++ = make(from[c * in.strides[0] + y * in.strides[1] + x * in.strides[2]]);
            }
        }
    }
    return out;
}

class Gain final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        gain_ = static_cast<float>(values.number("gain"));
    }
    void process(const sdk::Request& request) override {
        if (gain_ == 1) {
            request.pass_through();
            return;
        }
        request.set_output(made(host(), request.center().picture(),
                                [&](float value) { return gained(value, gain_); }));
    }

  private:
    float gain_ = 1;
};

class Negative final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override {
        request.set_output(
            made(host(), request.center().picture(), [](float value) { return 1 - value; }));
    }
};

} // namespace

OLDFILM_PLUGINS(
    sdk::describe<Gain>({"org.oldfilm.test-gain",
                         "test-gain",
                         "1.0.0",
                         "Makes the picture brighter",
                         {sdk::number("gain", 2, 0, 4, "times brighter")}}),
    sdk::describe<Negative>(
        {"org.oldfilm.test-negative", "test-negative", "1.0.0", "The negative of each frame", {}}))

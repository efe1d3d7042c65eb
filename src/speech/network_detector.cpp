#include "speech/network_detector.hpp"

#include <oldfilm/model.hpp>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

namespace oldfilm::speech {
namespace {

/// Samples before a step that the network sees with it.
constexpr std::int64_t context = 64;

class NetworkDetector final : public SpeechDetector {
  public:
    explicit NetworkDetector(const std::string& package)
        : model_(Model::open(package, "speech-activity", options())),
          before_(static_cast<std::size_t>(context)), state_(at::zeros({2, 1, 128})) {}

    void add(std::span<const float> samples) override {
        std::vector<float> all = before_;
        all.insert(all.end(), samples.begin(), samples.end());
        const std::size_t steps = (samples.size() + step - 1) / step;
        if (steps == 0) {
            return;
        }
        all.resize(static_cast<std::size_t>(context) + steps * step); // silence at the end
        before_.assign(all.end() - context, all.end());
        const at::Tensor sound = at::from_blob(all.data(), {static_cast<std::int64_t>(all.size())})
                                     .unfold(0, context + static_cast<std::int64_t>(step),
                                             static_cast<std::int64_t>(step))
                                     .contiguous();
        const std::vector<at::Tensor> found = model_->run({sound, state_});
        const at::Tensor probability = found.at(0).contiguous();
        probabilities_.insert(probabilities_.end(), probability.const_data_ptr<float>(),
                              probability.const_data_ptr<float>() + probability.numel());
        state_ = found.at(1);
    }

    std::vector<float> probabilities() override { return probabilities_; }

  private:
    static ModelOptions options() {
        ModelOptions made;
        made.precision = Precision::float32;
        return made;
    }

    std::shared_ptr<Model> model_;
    std::vector<float> before_;
    at::Tensor state_;
    std::vector<float> probabilities_;
};

} // namespace

std::unique_ptr<SpeechDetector> make_network_detector(const std::string& package) {
    return std::make_unique<NetworkDetector>(package);
}

} // namespace oldfilm::speech

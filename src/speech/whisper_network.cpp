#include "speech/whisper_network.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace oldfilm::speech {
namespace {

using nlohmann::json;

ModelOptions float32_alone() {
    ModelOptions made;
    made.precision = Precision::float32;
    // Operations are fused anew for each size of the inputs, and `past` grows with every token.
    made.optimize = false;
    return made;
}

[[noreturn]] void refuse(const std::string& package, const std::string& found) {
    throw Error(Errc::unreadable,
                fmt::format("expected a package of Whisper in '{}', found {}; import its "
                            "checkpoint: ./setup.sh import whisper FILE",
                            package, found));
}

at::Tensor left_out() {
    return at::zeros({1, 1, 1});
}

at::Tensor tensor_of(std::span<const int> tokens) {
    return at::tensor(std::vector<float>(tokens.begin(), tokens.end()));
}

} // namespace

WhisperNetwork::WhisperNetwork(const std::string& package)
    : model_(Model::open(package, "speech-recognition", float32_alone())) {
    try {
        const json manifest = json::parse(model_->manifest().json);
        const json& dims = manifest.at("dims");
        bins_ = dims.at("n_mels");
        most_tokens_ = dims.at("n_text_ctx");
        state_ = dims.at("n_text_state");
        rows_ = 2 * dims.at("n_text_layer").get<std::int64_t>();
        is_multilingual_ = manifest.at("multilingual");
        vocabulary_ = std::make_unique<WhisperVocabulary>(Model::read_file(package, "vocabulary"),
                                                          manifest.at("languages"));
        if (vocabulary_->size() != dims.at("n_vocab").get<int>()) {
            refuse(package, fmt::format("a vocabulary of {} tokens for a network of {}",
                                        vocabulary_->size(), dims.at("n_vocab").get<int>()));
        }
    } catch (const json::exception&) {
        refuse(package, fmt::format("one of another network ({})", model_->manifest().id));
    }
}

at::Tensor WhisperNetwork::listen(const at::Tensor& mel, const std::stop_token& stop) {
    stop_ = stop;
    const std::vector<at::Tensor> found =
        model_->run({mel.unsqueeze(0), left_out(), left_out(), left_out()},
                    [this] { return stop_.stop_requested(); });
    cross_ = found.at(1);
    return found.at(0);
}

at::Tensor WhisperNetwork::begin(std::span<const int> tokens) {
    past_ = at::empty({rows_, 1, most_tokens_, state_});
    count_ = 0;
    return decode(tensor_of(tokens).unsqueeze(0))[0];
}

void WhisperNetwork::select(std::span<const std::int64_t> sources) {
    const at::Tensor known = past_.narrow(2, 0, count_);
    const at::Tensor index = at::tensor(std::vector<std::int64_t>(sources.begin(), sources.end()));
    at::Tensor selected = at::empty({rows_, index.size(0), most_tokens_, state_});
    selected.narrow(2, 0, count_).copy_(known.index_select(1, index));
    past_ = std::move(selected);
}

at::Tensor WhisperNetwork::next(std::span<const int> tokens) {
    return decode(tensor_of(tokens).unsqueeze(1)).squeeze(1);
}

at::Tensor WhisperNetwork::decode(const at::Tensor& tokens) {
    const at::Tensor past = count_ > 0 ? past_.narrow(2, 0, count_).flatten(0, 1) : left_out();
    const std::vector<at::Tensor> found =
        model_->run({left_out(), tokens, past, cross_}, [this] { return stop_.stop_requested(); });
    const std::int64_t length = tokens.size(1);
    past_.narrow(2, count_, length).copy_(found.at(3).view({rows_, -1, length, state_}));
    count_ += length;
    return found.at(2);
}

} // namespace oldfilm::speech

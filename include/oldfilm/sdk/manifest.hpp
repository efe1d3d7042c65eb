#pragma once
/// \file
/// The manifest of a model package. Needs nlohmann/json.

#include <oldfilm/sdk/model.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::sdk {

/// What a stage reads of a model's manifest.
// NOLINTNEXTLINE(bugprone-exception-escape): moving nlohmann/json does not throw
struct Manifest {
    std::string id;                           ///< such as "org.oldfilm.denoise.default"
    std::vector<std::string> inputs, outputs; ///< names, in the order of the network
    std::int64_t channels = 3;                ///< of a picture, 1 or 3
    std::int64_t scale = 1;                   ///< size of the output divided by that of the input
    std::int64_t size_multiple = 1;           ///< height and width are multiples of it, at least 1
    std::int64_t render_size = 0;             ///< short side in pixels; 0 if any size will do
    int before = 0, after = 0;                ///< frames of the window around the center
    nlohmann::json document;                  ///< the whole manifest

    [[nodiscard]] bool has_input(const std::string& name) const {
        return std::find(inputs.begin(), inputs.end(), name) != inputs.end();
    }
    [[nodiscard]] bool has_output(const std::string& name) const {
        return std::find(outputs.begin(), outputs.end(), name) != outputs.end();
    }
};

/// Reads the manifest of `model`. Throws `Failure` (`Status::invalid`) if the model has an input
/// that is not in `supplied`, the inputs that the stage can supply.
inline Manifest read_manifest(const Model& model, const std::vector<std::string>& supplied) {
    Manifest result;
    result.document = nlohmann::json::parse(model.manifest());
    const nlohmann::json& all = result.document;
    result.id = all.value("id", std::string("the model"));
    result.inputs = all.value("inputs", std::vector<std::string>{});
    result.outputs = all.value("outputs", std::vector<std::string>{});
    result.channels = all.value("channels", std::int64_t{3});
    result.scale = all.value("scale", std::int64_t{1});
    result.size_multiple = std::max<std::int64_t>(all.value("size_multiple", std::int64_t{1}), 1);
    result.render_size = all.value("render_size", std::int64_t{0});
    if (const auto window = all.find("window"); window != all.end()) {
        result.before = window->value("before", 0);
        result.after = window->value("after", 0);
    }
    for (const std::string& input : result.inputs) {
        if (std::find(supplied.begin(), supplied.end(), input) == supplied.end()) {
            std::string names;
            for (const std::string& name : supplied) {
                names.append(names.empty() ? "" : ", ").append(name);
            }
            std::string sentence = result.id;
            sentence.append(" wants an input \"").append(input).append("\"; this stage supplies ");
            sentence.append(names).append("; choose another model");
            throw Failure(sentence, Status::invalid);
        }
    }
    return result;
}

} // namespace oldfilm::sdk

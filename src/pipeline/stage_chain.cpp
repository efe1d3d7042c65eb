#include "pipeline/stage_chain.hpp"

#include "stage/library.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace oldfilm {

void StageChain::make_stages(const std::vector<CheckedStage>& checked, const StreamFormat& input) {
    StreamFormat current = input;
    for (const CheckedStage& one : checked) {
        const std::string folder =
            one.plugin.library.empty()
                ? ""
                : std::filesystem::path(one.plugin.library).parent_path().string();
        auto made = std::make_unique<stage::Stage>(description_of(one), folder, shared, one.files);
        current = made->configure(current, one.values).output;
        stages.push_back(std::move(made));
    }
}

const oldfilm_plugin_description& description_of(const CheckedStage& one) {
    return one.spec.description != nullptr ? *one.spec.description : stage::load_plugin(one.plugin);
}

} // namespace oldfilm

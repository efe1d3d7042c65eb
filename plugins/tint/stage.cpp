/// \file
/// Takes the color of tinted or toned film away, and gives it back. Stages between see the
/// monochrome picture that the film was printed from.

#include "colors.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/live_parameters.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/stage_torch.hpp>

namespace oldfilm::stages {
namespace {

class Tint final : public sdk::Stage,
                   public sdk::LiveParameters,
                   public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recolored> {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        removes_ = values.text("mode") == "remove";
        change(values);
        config.channels = removes_ ? input.channels : 3;
        config.memory = 4 * 14 * input.height * input.width;
    }

    void change(const sdk::Values& values) override { colors_ = TintColors(values.text("colors")); }

    void process(const sdk::Request& request) override {
        const at::Tensor picture = sdk::picture(request.center());
        const std::int64_t channels = picture.size(0);
        // Tints are measured with these weights, whatever matrix the film is coded with.
        const at::Tensor luma = sdk::luma(picture, sdk::bt601);
        if (removes_ ? channels == 1 : colors_.empty() && channels == 3) {
            request.pass_through();
        } else if (removes_ || colors_.empty()) {
            request.set_output(sdk::share(luma.expand({3, -1, -1}).contiguous()));
        } else {
            request.set_output(sdk::share(colors_.of(luma)));
        }
    }

  private:
    bool removes_ = false;
    TintColors colors_{""};
};

const oldfilm_plugin_description* tint() {
    return sdk::describe<Tint>(
        {"org.oldfilm.tint",
         "tint",
         "0.1.0",
         "Makes tinted or toned film monochrome, or gives it its color back",
         {sdk::choice("mode", "apply", {"apply", "remove"},
                      "apply: colors by luma; remove: gray, as R, G and B"),
          sdk::text("colors", "",
                    "17 colors RRGGBB with spaces between, for luma 0, 1/16 ... 1; empty: none")
              .live()}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::tint())

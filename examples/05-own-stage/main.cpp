/// Lesson 5: a stage that lives in the program itself; no plugin file. It is the same class that a
/// plugin would have (`oldfilm new-stage` begins one), put into the pipeline by its description.
///   own-stage IN OUT

#include <oldfilm/restore.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/pow.h>

#include <iostream>

namespace {

namespace sdk = oldfilm::sdk;

/// Brightens what is dark: each sample to the power of 1 / gamma.
class Gamma final : public sdk::Stage {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        gamma_ = values.number("gamma");
    }
    void process(const sdk::Request& request) override {
        // Samples may lie outside [0, 1]; a root of what is below 0 would be no number.
        const at::Tensor picture = sdk::picture(request.center()).clamp_min(0);
        request.set_output(sdk::share(picture.pow(1 / gamma_)));
    }

  private:
    double gamma_ = 1;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: own-stage IN OUT\n";
        return 2;
    }
    try {
        // Described once; the description must live as long as pipelines that use it.
        const oldfilm_plugin_description* const description = sdk::describe<Gamma>(
            {.id = "com.example.gamma",
             .name = "gamma",
             .version = "1.0.0",
             .summary = "Brightens what is dark",
             .parameters = {sdk::number("gamma", 1.5, 0.2, 5, "above 1 brightens")}});
        oldfilm::StageSpec gamma;
        gamma.id = "gamma";
        gamma.parameters["gamma"] = 2.0; // checked against the table, like a plugin's
        gamma.description = description;

        oldfilm::Pipeline pipeline;
        pipeline.add("deflicker").add(gamma); // the two kinds of stage mix
        const auto result = oldfilm::restore(argv[1], argv[2], pipeline);
        std::cout << result.frames_out << " frames brightened\n";
        return 0;
    } catch (const oldfilm::Error& error) {
        std::cerr << "own-stage: " << error.what() << '\n';
        return 1;
    }
}

/// A stage of one's own in some fifty lines: a network finds the fine detail of a picture, and the
/// stage adds a part of it. Everything that takes work (tiles, precision, threads, color formats,
/// times, files) is the host's.

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ATen.h>

namespace {

namespace sdk = oldfilm::sdk;

class Sharpen final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    // Once, before the first frame. `config` comes filled with "output as input, no window".
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& /*config*/) override {
        amount_ = values.number("amount");
        // Relative to the plugin's own folder: oldfilm_add_stage has put the model there.
        model_ = sdk::Model(host(), "models/sharpen/detail.pt", "detail");
    }

    // `amount` is a live parameter.
    void change(const sdk::Values& values) override { amount_ = values.number("amount"); }

    // One output frame, on the device's thread. The picture is lent: read it, never write into it.
    void process(const sdk::Request& request) override {
        if (amount_ == 0) {
            request.pass_through();
            return;
        }
        const sdk::FrameView frame = request.center();
        const at::Tensor picture = sdk::picture(frame);
        // The network takes luma, N x 1 x H x W. Its detail is added to R, G and B alike, so that
        // colors stay.
        const at::Tensor luma = sdk::luma(picture, sdk::luma_weights(frame)).unsqueeze(0);
        const at::Tensor detail = sdk::run(model_, {{"picture", luma}})["picture"].squeeze(0);
        request.set_output(sdk::share(picture.add(detail, amount_)));
    }

  private:
    double amount_ = 0;
    sdk::Model model_;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<Sharpen>(
    {.id = "com.example.sharpen",
     .name = "sharpen",
     .version = "1.0.0",
     .summary = "Adds a part of the fine detail once more",
     .parameters = {sdk::number("amount", 0.5, 0, 3, "how much of the detail is added").live()}}))

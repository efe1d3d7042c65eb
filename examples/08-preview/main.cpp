/// Lesson 8: a live preview, before and after, split down the middle. There may be no display, so
/// that it is a picture file, replaced with each frame; a viewer that watches the file shows a
/// film.
///   preview IN PREVIEW.png

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>

#include <iostream>
#include <map>
#include <mutex>

namespace {

/// Frames on their way through the pipeline, by number. Copies share pixels, so that keeping one
/// costs nothing but that its picture lives longer.
class OnTheWay {
  public:
    void enter(const oldfilm::Frame& frame) {
        const std::lock_guard lock(mutex_);
        frames_.insert_or_assign(frame.info().index, frame);
    }
    oldfilm::Frame leave(std::int64_t index) {
        const std::lock_guard lock(mutex_);
        return frames_.extract(index).mapped();
    }

  private:
    std::mutex mutex_;
    std::map<std::int64_t, oldfilm::Frame> frames_;
};

/// Left what was, a white line, right what is. Both C x H x W; a gray picture gets three channels
/// where the other one has them.
at::Tensor split(const at::Tensor& before, const at::Tensor& after) {
    const std::int64_t channels = std::max(before.size(0), after.size(0));
    const std::int64_t height = after.size(1), width = after.size(2), middle = width / 2;
    const at::Tensor left = before.expand({channels, height, width}).narrow(2, 0, middle - 1);
    const at::Tensor line = at::ones({channels, height, 2}, after.options());
    const at::Tensor right =
        after.expand({channels, height, width}).narrow(2, middle + 1, width - middle - 1);
    return at::cat({left, line, right}, 2);
}

/// A new file under the same name. It is complete before it has the name, so that a viewer never
/// sees half a picture.
void publish(const std::string& path, const oldfilm::Frame& frame) {
    oldfilm::WriteOptions options;
    options.width = frame.width();
    options.height = frame.height();
    options.channels = static_cast<int>(frame.channels());
    options.overwrite = true;
    oldfilm::Writer writer(path, options);
    writer.write(frame);
    writer.finish();
}

int preview(const char* input, const std::string& output) {
    oldfilm::ReadOptions options;
    options.keep_coded = false; // nothing is written back sample for sample here
    oldfilm::Reader reader(input, options);

    oldfilm::Pipeline pipeline; // stages that keep the size and the rate, so that frames correspond
    pipeline.add("deflicker").add("denoise:sigma=8");
    OnTheWay on_the_way;
    oldfilm::Run run = pipeline.start(reader.format(), [&] {
        std::optional<oldfilm::Frame> frame = reader.next();
        if (frame) {
            on_the_way.enter(*frame);
        }
        return frame;
    });
    std::int64_t shown = 0;
    while (const std::optional<oldfilm::Frame> after = run.next()) {
        const oldfilm::Frame before = on_the_way.leave(after->info().index);
        publish(output, after->with_picture(split(before.picture(), after->picture())));
        ++shown;
    }
    std::cout << shown << " previews, the last one is " << output << '\n';
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: preview IN PREVIEW.png\n";
        return 2;
    }
    try {
        return preview(argv[1], argv[2]);
    } catch (const oldfilm::Error& error) {
        std::cerr << "preview: " << error.what() << '\n';
        return 1;
    }
}

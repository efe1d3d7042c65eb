/// Lesson 2: your own decoder, and cv::Mat in and out. OpenCV reads and writes the film; frames are
/// pushed into the pipeline and taken out of it on one thread.
///   opencv-frames IN OUT

#include <oldfilm/error.hpp>
#include <oldfilm/opencv.hpp>
#include <oldfilm/pipeline.hpp>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <cmath>
#include <iostream>

namespace {

/// OpenCV decodes to 8 bits, B, G, R. oldfilm wants R, G, B as float32 in [0, 1]: one conversion,
/// and the tensor then is a view of the float32 matrix, which it keeps alive.
oldfilm::Frame frame_of(const cv::Mat& bgr, std::int64_t number, oldfilm::Rational rate) {
    cv::Mat rgb, real;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    rgb.convertTo(real, CV_32F, 1.0 / 255); // oldfilm::opencv::from_bytes(rgb) does these two lines
    oldfilm::FrameInfo info;
    info.pts = number; // times are exact: tick `number` of a clock that ticks once a frame
    info.duration = 1;
    info.time_base = rate.inverse();
    return oldfilm::Frame(oldfilm::opencv::tensor(real), info);
}

/// What came out, as a program with matrices sees it.
void write(cv::VideoWriter& writer, const oldfilm::Frame& frame) {
    const at::Tensor& picture = frame.picture();
    // A float32 view costs nothing where the memory allows one; to_mat() copies where it does not.
    const cv::Mat real = oldfilm::opencv::viewable(picture) ? oldfilm::opencv::view(picture)
                                                            : oldfilm::opencv::to_mat(picture);
    if (frame.info().index == 0) {
        std::cout << "mean of the first frame, R, G, B: " << cv::mean(real) << '\n';
    }
    cv::Mat bgr;
    cv::cvtColor(oldfilm::opencv::to_bytes(picture), bgr, cv::COLOR_RGB2BGR);
    writer.write(bgr);
}

int restore(const char* input, const char* output) {
    cv::VideoCapture capture(input);
    cv::Mat decoded;
    if (!capture.read(decoded)) {
        std::cerr << "opencv-frames: OpenCV cannot read " << input << '\n';
        return 1;
    }
    const double fps = capture.get(cv::CAP_PROP_FPS);
    const oldfilm::Rational rate(std::lround(fps * 1000), 1000);

    oldfilm::Pipeline pipeline;
    pipeline.add("deflicker").add("superres:scale=2");
    oldfilm::StreamFormat format;
    format.channels = 3;
    format.height = decoded.rows;
    format.width = decoded.cols;
    format.rate = rate;
    oldfilm::Run run = pipeline.start(format); // no source: frames are pushed
    const cv::Size size(static_cast<int>(run.output().width),
                        static_cast<int>(run.output().height));
    cv::VideoWriter writer(output, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), fps, size);

    oldfilm::Frame restored;
    std::int64_t pushed = 0, written = 0;
    do {
        const oldfilm::Frame frame = frame_of(decoded, pushed++, rate);
        while (!run.push(frame)) { // full: take something out, then offer the frame again
            if (run.next(restored) == oldfilm::Run::State::frame) {
                write(writer, restored);
                ++written;
            }
        }
    } while (capture.read(decoded)); // `decoded` may be filled again: the frame has its own floats
    run.finish();                    // stages that look ahead now know that nothing comes
    while (run.next(restored) == oldfilm::Run::State::frame) {
        write(writer, restored);
        ++written;
    }
    std::cout << pushed << " frames in, " << written << " out\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: opencv-frames IN OUT\n";
        return 2;
    }
    try {
        return restore(argv[1], argv[2]);
    } catch (const oldfilm::Error& error) {
        std::cerr << "opencv-frames: " << error.what() << '\n';
        return 1;
    }
}

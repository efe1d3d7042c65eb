#include "job/shot_scan.hpp"

#include "device/single_thread.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm::job {

void scan_shots(Source& source, const StreamFormat& format, const PipelineOptions& options,
                const pipeline::ResumePoint& known,
                const std::function<bool(const FrameInfo&)>& see) {
    base::use_single_thread();
    PipelineOptions own; // finding shots is little work, for one thread
    own.device = "cpu";
    own.profile = options.profile;
    own.shots = options.shots;
    own.shots.overrides.clear(); // it has no stages
    const Plan plan = pipeline::plan(Pipeline(std::move(own)), format,
                                     {.concurrency = at::get_num_threads(), .reserved_bytes = {}});
    Run run = pipeline::start(
        plan, [&source] { return source.next(); }, known);
    while (const std::optional<Frame> frame = run.next()) {
        if (!see(frame->info())) {
            return;
        }
    }
}

Frame read_again(Source& source, const Segmentation& scanned, std::int64_t frame) {
    source.skip_to(frame);
    const std::optional<Frame> found = source.next();
    if (!found || found->info().time() != scanned.time_of(frame)) {
        throw Error(Errc::internal,
                    fmt::format("frame {} of {} is another when the film is read once more; was "
                                "the file changed? If not, this is a defect of oldfilm: restore "
                                "it on one device, and please report it",
                                frame, source.info().path));
    }
    FrameInfo info = found->info();
    info.shot = scanned.shot_of(frame);
    return found->with_info(info);
}

} // namespace oldfilm::job

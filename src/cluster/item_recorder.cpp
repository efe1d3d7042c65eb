#include "cluster/item_recorder.hpp"

#include "cluster/atomic_file.hpp"
#include "cluster/machine.hpp"

#include <system_error>
#include <utility>

namespace oldfilm::cluster {

using Clock = std::chrono::steady_clock;

ItemRecorder::ItemRecorder(const SegmentFolder& segments, std::filesystem::path own,
                           const Item& item, std::optional<Rational> next_time)
    : segments_(segments), own_(std::move(own)), item_(item), next_time_(next_time) {
    make_folder(own_);
}

ItemRecorder::~ItemRecorder() {
    std::error_code ignored;
    std::filesystem::remove_all(own_, ignored);
}

/// Called by one thread, that of the worker.
void ItemRecorder::add(const job::Segment& segment) {
    const auto now = Clock::now();
    SegmentRecord record{.segment = segment,
                         .host = this_process().host,
                         .seconds = std::chrono::duration<double>(now - last_).count()};
    last_ = now;
    if (segment.next == item_.next && next_time_) { // the run does not know what comes after it
        record.segment.resume = {segment.next, *next_time_};
    } else if (segment.next == item_.next) { // what was concealed in the film, the plan knows
        record.segment.end = job::Segment::End{.frames = item_.next, .concealed = 0};
    }
    segments_.add(record, own_);
    frames_ += segment.next - segment.start;
}

} // namespace oldfilm::cluster

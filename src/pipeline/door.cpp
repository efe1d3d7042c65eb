#include "pipeline/door.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>

namespace oldfilm {

void Door::check(const Frame& frame) const {
    const auto refuse = [this](const std::string& expected, const std::string& found) {
        throw Error(Errc::format_mismatch,
                    fmt::format("frame {} must {}, and {}", number_, expected, found));
    };
    if (!frame.defined()) {
        refuse("have a picture", "it is empty; the end of a film is said by finish, or by a source "
                                 "that gives nothing");
    }
    if (frame.channels() != format_.channels || frame.height() != format_.height ||
        frame.width() != format_.width) {
        refuse(fmt::format("be of {} x {} x {}, for which the run was started", format_.channels,
                           format_.height, format_.width),
               fmt::format("it is of {} x {} x {}; start another run for it", frame.channels(),
                           frame.height(), frame.width()));
    }
    const at::Device where = frame.picture().device();
    // On the CPU a run takes what can be brought there.
    const bool readable =
        where.is_cpu() || where == device_ || (device_.is_cpu() && !frame.picture().is_meta());
    if (!readable) {
        refuse(fmt::format("be on the CPU or on {}", device_.str()),
               fmt::format("it is on {}; bring it to one of them", where.str()));
    }
    for (const auto& [plane, name] :
         {std::pair{&frame.mask(), "mask"}, std::pair{&frame.damage(), "damage plane"},
          std::pair{&frame.evidence(), "evidence plane"}}) {
        if (plane->defined() && plane->device() != where) {
            refuse(fmt::format("have its {} where its picture is ({})", name, where.str()),
                   fmt::format("that is on {}; bring it there", plane->device().str()));
        }
    }
    const FrameInfo& info = frame.info();
    if (info.time_base.num() <= 0) {
        refuse("have a time base above 0", fmt::format("it has {}", info.time_base.to_string()));
    }
    if (last_ && info.time() <= *last_) {
        refuse(fmt::format("come after {} s, the time of the one before", last_->to_string()),
               fmt::format("it is of {} s; give frames in the order of their times",
                           info.time().to_string()));
    }
}

void Door::let_in(const Frame& frame) {
    last_ = frame.info().time();
    ++number_;
}

} // namespace oldfilm

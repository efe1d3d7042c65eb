#pragma once
/// \file
/// Order between a caller's CUDA stream and the lane's, without either waiting on the CPU.

#include <oldfilm/frame.hpp>

namespace oldfilm {

/// What the lane queues from now on comes after what the calling thread has queued on its current
/// stream, and the frame's memory outlives the lane's use of it. Nothing for frames on the CPU.
void hand_to_lane(const Frame& frame);
/// The same the other way round: the calling thread's current stream comes after the lane's work.
void hand_to_caller(const Frame& frame);

} // namespace oldfilm

#pragma once
/// \file
/// Which devices can record.

#include <oldfilm/recording.hpp>

#include <string>

namespace oldfilm {

/// How devices of this type record; empty where they can't. For CUDA the library beside this one is
/// loaded when it is first asked for, LibTorch's CUDA half being there. `why` says what is wrong
/// with that library, for a warning, and is empty otherwise. For any thread.
Record recorder_for(c10::DeviceType type, std::string& why);

/// CUDA's way to record, from the library at `path`. Empty where there is no such file, where it
/// can't be loaded, and where it comes from another build than this; `why` as above.
Record load_cuda_recorder(const std::string& path, std::string& why);

} // namespace oldfilm

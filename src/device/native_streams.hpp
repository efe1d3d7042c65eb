#pragma once
/// \file
/// Which devices' streams and events can be handed to code that isn't LibTorch's.

#include <oldfilm/native_streams.hpp>

#include <optional>
#include <string>

namespace oldfilm {

/// Those of devices of this type; nothing where they aren't known, with the reason in `why` where
/// there is more to say. For CUDA the library beside this one is loaded when it is first asked for,
/// LibTorch's CUDA half being there. For any thread.
std::optional<NativeStreams> native_streams_of(c10::DeviceType type, std::string& why);

} // namespace oldfilm

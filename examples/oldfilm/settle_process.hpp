#pragma once
/// \file
/// What only a program may decide for its process.

namespace cli {

/// LibTorch's threads and memory, before the first restoration.
void settle_process();

} // namespace cli

#pragma once
/// \file
/// What Whisper hears: the logarithm of a mel spectrum (Radford et al. 2022, 2.2; whisper/audio.py
/// of openai-whisper).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace oldfilm::speech {

/// Samples at 16 kHz from one column of the spectrum to the next: 10 ms.
constexpr std::int64_t whisper_hop = 160;
/// Columns of a window of 30 s, which the network takes.
constexpr std::int64_t whisper_window = 3000;

/// The spectrum of a sound, bins x columns: a column for each 10 ms, and 30 s of silence at the
/// end. Values are about [-1, 1.5]: no lower than 2 below the highest one. `samples`: mono at 16
/// kHz, nominally in [-1, 1]. `bins`: 80 or 128, from 0 to 8 kHz. Thread-safe.
at::Tensor whisper_log_mel(std::span<const float> samples, std::int64_t bins);

/// The weights of the bins, bins x 201: triangles of equal area on Slaney's mel scale, as librosa's
/// filters.mel makes them.
at::Tensor whisper_mel_filters(std::int64_t bins);

} // namespace oldfilm::speech

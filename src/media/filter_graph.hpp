#pragma once
/// \file
/// FFmpeg's filters, in a chain.

#include "media/ffmpeg.hpp"

#include <oldfilm/time.hpp>

#include <string>

struct AVFilterContext;

namespace oldfilm::media {

/// One chain of filters. One thread at a time.
class FilterGraph {
  public:
    /// `filters` in FFmpeg's syntax, for frames like `first`. `time_base` is that of their times,
    /// `rate` may be 0. Throws `Error`.
    FilterGraph(const std::string& filters, const AVFrame& first, AVRational time_base,
                AVRational rate);

    /// Takes a frame; null at the end.
    void send(AVFrame* frame);
    /// The next frame into `out`: 0, AVERROR(EAGAIN) where one must be sent first, AVERROR_EOF.
    int receive(AVFrame& out);
    /// Of the frames that come out.
    [[nodiscard]] Rational time_base() const;

  private:
    void connect(const std::string& filters);

    UniqueGraph graph_;
    AVFilterContext* source_ = nullptr;
    AVFilterContext* sink_ = nullptr;
};

} // namespace oldfilm::media

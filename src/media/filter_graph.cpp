#include "media/filter_graph.hpp"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/mem.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>

namespace oldfilm::media {

FilterGraph::FilterGraph(const std::string& filters, const AVFrame& first, AVRational time_base,
                         AVRational rate)
    : graph_(avfilter_graph_alloc()) {
    if (!graph_) {
        throw std::bad_alloc();
    }
    const AVRational aspect = first.sample_aspect_ratio;
    const std::string arguments =
        fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}", first.width,
                    first.height, first.format, time_base.num, time_base.den, aspect.num,
                    std::max(aspect.den, 1)) +
        (rate.num > 0 ? fmt::format(":frame_rate={}/{}", rate.num, rate.den) : "");
    check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in",
                                       arguments.c_str(), nullptr, graph_.get()),
          "set up the filters");
    check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr,
                                       nullptr, graph_.get()),
          "set up the filters");
    connect(filters);
}

void FilterGraph::connect(const std::string& filters) {
    using Ends = std::unique_ptr<AVFilterInOut, FreeByAddress<avfilter_inout_free>>;
    const auto end = [](const char* name, AVFilterContext* filter) {
        Ends made(avfilter_inout_alloc());
        made->name = av_strdup(name);
        made->filter_ctx = filter;
        return made;
    };
    AVFilterInOut* outputs = end("in", source_).release();
    AVFilterInOut* inputs = end("out", sink_).release();
    const int parsed =
        avfilter_graph_parse_ptr(graph_.get(), filters.c_str(), &inputs, &outputs, nullptr);
    const Ends rest_in(inputs);
    const Ends rest_out(outputs);
    check(parsed, "set up the filters " + filters);
    check(avfilter_graph_config(graph_.get(), nullptr), "set up the filters " + filters);
}

void FilterGraph::send(AVFrame* frame) {
    check(av_buffersrc_add_frame(source_, frame), "filter a frame");
}

int FilterGraph::receive(AVFrame& out) {
    return av_buffersink_get_frame(sink_, &out);
}

Rational FilterGraph::time_base() const {
    return to_rational(av_buffersink_get_time_base(sink_));
}

} // namespace oldfilm::media

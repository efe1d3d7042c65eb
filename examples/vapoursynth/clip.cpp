#include "clip.hpp"

#include <oldfilm/error.hpp>

namespace vsplugin {

using oldfilm::Rational;

Rational rate_of(const VSVideoInfo& clip) {
    return clip.fpsNum > 0 ? Rational(clip.fpsNum, clip.fpsDen) : Rational();
}

oldfilm::StreamFormat format_of(const VSVideoInfo& clip) {
    oldfilm::StreamFormat format;
    format.channels = clip.format.numPlanes;
    format.height = clip.height;
    format.width = clip.width;
    format.rate = rate_of(clip);
    return format;
}

NodePtr converted_to_rgb(VSNode* clip, VSCore* core, const VSAPI& api) {
    const MapPtr in(api.createMap(), {&api});
    api.mapSetNode(in.get(), "clip", clip, maReplace);
    api.mapSetInt(in.get(), "format", pfRGBS, maReplace);
    VSPlugin* resize = api.getPluginByID("com.vapoursynth.resize", core);
    const MapPtr out(api.invoke(resize, "Bicubic", in.get()), {&api});
    if (const char* error = api.mapGetError(out.get())) {
        throw oldfilm::Error(oldfilm::Errc::unsupported, error);
    }
    return NodePtr(api.mapGetNode(out.get(), "clip", 0, nullptr), {&api});
}

} // namespace vsplugin

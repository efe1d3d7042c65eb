#pragma once
/// \file
/// VapourSynth's objects, owned.

#include <VapourSynth4.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace vsplugin {

struct Releaser {
    const VSAPI* api = nullptr;
    void operator()(const VSFrame* frame) const { api->freeFrame(frame); }
    void operator()(VSNode* node) const { api->freeNode(node); }
    void operator()(VSMap* map) const { api->freeMap(map); }
};
using FramePtr = std::unique_ptr<const VSFrame, Releaser>;
using NewFramePtr = std::unique_ptr<VSFrame, Releaser>;
using NodePtr = std::unique_ptr<VSNode, Releaser>;
using MapPtr = std::unique_ptr<VSMap, Releaser>;

/// An integer in a map; nothing if the key is missing, or is not one.
inline std::optional<std::int64_t> integer_in(const VSMap* map, const char* key, const VSAPI& api) {
    int missing = 0;
    const std::int64_t value = api.mapGetInt(map, key, 0, &missing);
    return missing == 0 ? std::optional(value) : std::nullopt;
}

} // namespace vsplugin

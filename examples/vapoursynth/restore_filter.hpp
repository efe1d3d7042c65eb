#pragma once
/// \file
/// The filter: one instance for each call of a function.

#include "functions.hpp"
#include "handles.hpp"
#include "messages.hpp"
#include "random_access_run.hpp"

#include <VapourSynth4.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace vsplugin {

/// Restores a clip. VapourSynth asks for frames on several threads and not quite in order, and a
/// run is a state that each frame changes, so one frame is made at a time (fmFrameState): two that
/// took turns could restart the run for each other forever. Frames that are made on the way to the
/// one that is asked for go into the node's cache.
class RestoreFilter {
  public:
    /// Creates the filter and sets its clip in `out`. Throws `oldfilm::Error`.
    static void create(const Function& function, const VSMap* in, VSMap* out, VSCore* core,
                       const VSAPI* api);

  private:
    RestoreFilter(const Function& function, const VSMap* in, VSCore* core, const VSAPI* api);

    static const VSFrame* VS_CC get_frame(int number, int reason, void* instance, void** frame_data,
                                          VSFrameContext* context, VSCore* core, const VSAPI* api);
    static void VS_CC free(void* instance, VSCore* core, const VSAPI* api);

    void add_node(const std::string& name, VSMap* out, std::unique_ptr<RestoreFilter> self);
    [[nodiscard]] VSVideoInfo output_info() const;
    [[nodiscard]] int most_cached() const;
    const VSFrame* advance(int number, int reason, VSFrameContext* context);
    bool request(int number, VSFrameContext* context);
    void take_requested(VSFrameContext* context);
    void take(std::int64_t number, const VSFrame* frame);
    [[nodiscard]] oldfilm::FrameInfo info_of(std::int64_t number, const VSMap* properties) const;
    const VSFrame* work(int number, VSFrameContext* context);
    void trim_memory(const at::Tensor& picture);
    [[nodiscard]] NewFramePtr written(const Restored& restored);
    void set_properties(VSMap* properties, const Restored& restored) const;
    void set_mask(VSMap* properties, const Restored& restored) const;

    const VSAPI* api_;
    VSCore* core_;
    NodePtr clip_;
    VSVideoInfo input_{}, output_{};
    bool mask_;
    std::shared_ptr<Messages> messages_;
    std::unique_ptr<RandomAccessRun> run_;
    std::int64_t bytes_since_trim_ = 0;
    RandomAccessRun::Range requested_;          ///< by the call for the current frame
    std::map<std::int64_t, MapPtr> properties_; ///< of the clip's frames that are under way
};

} // namespace vsplugin

#pragma once
/// \file
/// One film on its way through.

#include "job/film_options.hpp"
#include "job/segment_observer.hpp"
#include "job/segment_store.hpp"
#include "job/source.hpp"
#include "job/watch.hpp"
#include "media/hardware.hpp"
#include "media/survey.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace oldfilm::job {

/// What all parts of a job share: the source, the options, the devices, where messages go. Thread-
/// safe, but for the source.
class Job {
  public:
    /// What a caller names.
    struct Request {
        const std::string& input;
        const std::string& output;
        const RestoreOptions& options;
        std::vector<std::string> devices;            ///< the pipeline's, one by one
        std::shared_ptr<Profile> profile;            ///< may be null
        pipeline::FrameObserver* observer = nullptr; ///< may be null
        SegmentObserver* completed = nullptr;        ///< may be null
        SegmentStore* store = nullptr;               ///< may be null
    };
    /// `tile`: the side of tiles that memory is known to suffice for; 0 where nothing is known.
    /// What `request` refers to outlives this.
    Job(Request request, int tile);

    [[nodiscard]] const RestoreOptions& options() const { return request_.options; }
    [[nodiscard]] const std::string& input() const { return request_.input; }
    [[nodiscard]] const std::string& output() const { return request_.output; }
    [[nodiscard]] const std::vector<std::string>& devices() const { return request_.devices; }
    [[nodiscard]] const std::shared_ptr<Profile>& shared_profile() const {
        return request_.profile;
    }
    [[nodiscard]] pipeline::FrameObserver* observer() const { return request_.observer; }
    [[nodiscard]] SegmentObserver* completed() const { return request_.completed; }
    [[nodiscard]] SegmentStore* store() const { return request_.store; }
    [[nodiscard]] const Log& log() const { return log_; }
    [[nodiscard]] Source& source() { return source_; }
    [[nodiscard]] const Source& source() const { return source_; }
    [[nodiscard]] FilmOptions& films() { return films_; }
    /// Of the film, with the frames that it announces.
    [[nodiscard]] StreamFormat format() const { return source_.reader().format(); }
    /// What its pictures have shown, of a sample.
    [[nodiscard]] const media::Survey& survey() const;
    /// Whether finished frames are encoded where they were made.
    [[nodiscard]] bool stays_on_device() const {
        return films_.encodes_on_device() && !engines_.empty();
    }
    [[nodiscard]] bool is_piped() const;

    /// The side of tiles that is used; 0: chosen by the models.
    [[nodiscard]] int tile() const { return tile_; }
    void set_tile(int side) { tile_ = side; }
    void use_first_device() { request_.devices.resize(1); }

    /// Where shots begin in the part of the film that is read: as listed in
    /// `RestoreOptions::shot_list`, or as `pipeline` says.
    [[nodiscard]] ShotOptions shots(const PipelineOptions& pipeline) const;
    /// `PipelineOptions::regions` in the part of the film that is read.
    [[nodiscard]] std::vector<Region> regions(const PipelineOptions& pipeline) const;
    /// A plan for one of the devices, which share the machine.
    [[nodiscard]] Plan plan(const Pipeline& pipeline, const std::string& device) const;
    /// The film from its start once more, for a device's worker.
    [[nodiscard]] std::unique_ptr<Source> open_source(const std::string& device) const;
    [[nodiscard]] ProgressMeter meter(const StreamFormat& out, std::int64_t before = 0) const;

    /// The stages are at work.
    void set_begun() { begun_ = true; }
    [[nodiscard]] bool begun() const { return begun_; }
    /// Throws `Error` (cancelled) if that was requested; `written`: frames restored.
    void check_stop(std::int64_t written) const;
    [[noreturn]] void stop_at(std::int64_t written) const;
    /// Frames of the format `out` that all of the source becomes, which was read to its end.
    [[nodiscard]] std::int64_t expected_outputs(const StreamFormat& out) const;
    /// Frames that are lost or made up are a defect, and a film with a defect is not published.
    void check_counts(const StreamFormat& out, std::int64_t written) const;
    /// Of `frames` of the source.
    void check_masks(std::int64_t frames, std::int64_t written, bool any) const;
    [[nodiscard]] RestoreResult result(std::int64_t written, const ProgressMeter& meter) const;

  private:
    /// The masks of `RestoreOptions::mask_in`, if there are some.
    void add_masks(Source& source) const;
    [[nodiscard]] std::int64_t frames_before_start(const char* what) const;
    [[nodiscard]] std::vector<media::UniqueBuffer> open_engines() const;
    [[nodiscard]] ReadOptions read_options() const;

    Request request_;
    int tile_;
    Log log_;
    std::vector<media::UniqueBuffer> engines_; ///< of the devices that have some and need them
    Source source_;
    FilmOptions films_;
    std::atomic<bool> begun_ = false;
};

} // namespace oldfilm::job

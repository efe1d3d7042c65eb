#pragma once
/// \file
/// One film on its way through.

#include "job/checkpoint.hpp"
#include "job/source.hpp"
#include "job/watch.hpp"
#include "media/hardware.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// The frame's repair mask as a picture: white where anything was repaired, however faintly.
[[nodiscard]] Frame mask_picture(const Frame& frame);

/// What `restore` does for a film: straight into the output (job.cpp, restore.cpp), or kept in
/// segments, by one device or several (resumable.cpp). On the caller's thread.
class Job {
  public:
    /// `devices`: the pipeline's, one by one. `tile`: the side of tiles that memory is known to
    /// suffice for; 0 where nothing is known.
    Job(const std::string& input, const std::string& output, const RestoreOptions& options,
        std::vector<std::string> devices, Profile* profile, int tile);

    /// The film as it is, without loss unless another codec is named.
    RestoreResult pass();
    RestoreResult restore(const Pipeline& pipeline);
    /// The tiles to go on with after `error`, 0 where smaller ones would not help.
    [[nodiscard]] int smaller_tile(const Error& error);
    /// `error`, that the run was stopped, with what the checkpoint holds: once all that was at work
    /// has ended.
    [[nodiscard]] Error stopped(const Error& error) const;
    /// Whether to go on with decoding on the CPU.
    [[nodiscard]] bool leave_engine(const media::EngineFailure& failure);

  private:
    using Next = std::function<std::optional<Frame>()>;
    using Push = std::function<bool(const Frame&)>;
    [[nodiscard]] std::vector<media::UniqueBuffer> open_engines() const;
    [[nodiscard]] bool encodes_on_gpu() const;
    [[nodiscard]] bool stays_on_device() const;
    [[nodiscard]] bool is_piped() const;
    [[nodiscard]] ReadOptions read_options();
    [[nodiscard]] WriteOptions stream_options(const std::string& codec);
    [[nodiscard]] WriteOptions write_options(const StreamFormat& format, const std::string& codec,
                                             const std::string& path);
    void choose_rate(WriteOptions& write, const StreamFormat& format, const std::string& path);
    [[nodiscard]] WriteOptions film_options(const StreamFormat& out, const std::string& plan);
    [[nodiscard]] WriteOptions mask_options();
    [[nodiscard]] StreamFormat format() const;
    [[nodiscard]] std::int64_t reserved_bytes(const StreamFormat& out) const;
    [[nodiscard]] Pipeline observed(const Pipeline& pipeline, Push see, const std::string& device);
    [[nodiscard]] Plan plan(const Pipeline& pipeline, Push see, const std::string& device);
    RestoreResult stream(const Pipeline& pipeline);
    RestoreResult restore_in_segments(const Pipeline& pipeline);
    RestoreResult distribute(const Pipeline& pipeline);
    void resume(Checkpoint& film, const nlohmann::json& identity);
    void begin(Checkpoint& film, const nlohmann::json& identity);
    void choose_tile(const Checkpoint& film);
    [[nodiscard]] std::optional<Checkpoint::Output> mask_output();
    [[nodiscard]] Checkpoint::Output film_output(const StreamFormat& out, const std::string& plan);
    RestoreResult publish(Checkpoint& film, const Checkpoint::Output& output,
                          const std::optional<Checkpoint::Output>& masks, ProgressMeter& meter);
    std::int64_t pull(const Run& run, const Next& next, const Push& push, ProgressMeter& meter,
                      std::int64_t before = 0);
    void check_streams(const WriteOptions& wanted) const;
    void check_counts(const StreamFormat& out, std::int64_t written) const;
    void check_masks(std::int64_t written, bool any);
    [[nodiscard]] RestoreResult result(std::int64_t written, const ProgressMeter& meter) const;
    void check_stop(std::int64_t written) const;
    [[noreturn]] void stop_at(std::int64_t written) const;

    const std::string& output_;
    const RestoreOptions& options_;
    std::vector<std::string> devices_;
    Profile* profile_; ///< may be null
    int tile_;
    Warnings warnings_;
    std::mutex tap_mutex_;                     ///< the caller's tap hears one worker at a time
    std::vector<media::UniqueBuffer> engines_; ///< of the devices that have some and need them
    Source source_;
    std::int64_t total_;
    std::atomic<bool> failed_ = false;     ///< what is done with frames on their way
    std::optional<Checkpoint> checkpoint_; ///< the checkpoint, where there is one
    bool began_ = false;                   ///< the stages are at work
};

} // namespace oldfilm::job

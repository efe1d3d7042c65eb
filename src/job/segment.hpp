#pragma once
/// \file
/// What the journal records about a segment.

#include "media/packet_log.hpp"

#include <oldfilm/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::job {

/// A segment that is complete: encoded, and on the disk. Frames are numbered as in the input.
struct Segment {
    /// What is recorded with the last segment, when all of the film is restored.
    struct End {
        std::int64_t frames = 0, concealed = 0;
    };
    /// Where a run resumes to make the next segment.
    struct Resume {
        std::int64_t frame = 0; ///< the first that stages see
        Rational time;          ///< of that frame, in seconds
    };

    std::int64_t number = 0;
    std::int64_t start = 0, next = 0; ///< its first frame, and the first of the next segment
    std::int64_t outputs = 0;         ///< frames written
    media::LogSeal film;
    std::int64_t mask_frames = 0; ///< frames written of the mask film
    std::optional<media::LogSeal> mask, evidence;
    bool marked = false; ///< something was repaired in it
    bool closes = false; ///< it ends at a cut that a work item ends at, or at the film's end
    std::vector<std::int64_t> shots;   ///< first frames of those that begin in it
    std::vector<std::string> analysis; ///< `RunStats::analysis` of these shots
    Rational film_base, mask_base; ///< time bases of the films' first frames; 0 if none came yet
    Rational film_start;           ///< time of the film's first frame, in seconds
    std::optional<Resume> resume;  ///< empty for the last segment
    std::optional<End> end;        ///< of the last segment
};

/// A line of the journal, of schema 2.
[[nodiscard]] nlohmann::json to_json(const Segment& segment);
/// Throws `nlohmann::json::exception` or `Error` if anything is missing or has another type.
[[nodiscard]] Segment segment_from_json(const nlohmann::json& line);

/// The files of a segment, one of each film, by the prefixes of their names ("film", "mask",
/// "evidence").
[[nodiscard]] std::vector<std::pair<std::string, media::LogSeal>> files_of(const Segment& segment);

/// The file of a segment in a job's folder. `prefix` names the film.
[[nodiscard]] std::filesystem::path segment_file(const std::filesystem::path& folder,
                                                 const std::string& prefix, std::int64_t number);
/// Whether the files of a segment are in `folder`, and complete.
[[nodiscard]] bool has_whole(const std::filesystem::path& folder, const Segment& segment);
/// Another name of a file, or its copy where the file systems differ. False: neither could be made.
bool link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace oldfilm::job

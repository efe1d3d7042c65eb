#pragma once
/// \file
/// What a restoration has done so far, on disk, so that a broken-off one goes on where it was.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::job {

/// The folder `OUTPUT.oldfilm-job`, held by one process at a time, with a journal: one JSON object
/// a line, each behind its checksum, each on the disk before `add` returns. A line that is cut off
/// or damaged ends the journal; what came before it counts (after SQLite's write-ahead log: nothing
/// is believed that wasn't synced).
class Journal {
  public:
    /// Takes the folder of `output`, which is made if it isn't there. Throws `Error` (io) when it
    /// can't be, when it is a symbolic link or others own it or may write there, or when another
    /// run has it.
    explicit Journal(const std::string& output);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// A document as a line, behind its checksum.
    static std::string line(const nlohmann::json& document);
    /// The lines of a journal's text that can be believed, and how many bytes they take.
    static std::pair<std::vector<nlohmann::json>, std::int64_t> parse(std::istream& text);

    static std::filesystem::path folder_of(const std::string& output);
    /// Whether `file` is what the run of `output` gave that name before it ended (of an image
    /// sequence: whether it gave any).
    static bool has_published(const std::string& output, const std::string& file);

    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    /// The lines that were there, in order.
    [[nodiscard]] const std::vector<nlohmann::json>& lines() const noexcept { return lines_; }
    /// Whether the first line has the checksum of an earlier version, which this one can't resume.
    [[nodiscard]] bool has_other_checksums() const { return other_checksums_; }
    /// Forgets everything, segments too.
    void clear();
    void add(const nlohmann::json& line);
    /// A file of the output is about to get its name.
    void note_publishing(const std::filesystem::path& file);
    /// The output is published: the folder goes.
    void remove();

  private:
    void open_for_adding();
    void make_folder() const;

    std::filesystem::path folder_;
    std::vector<nlohmann::json> lines_;
    std::int64_t good_bytes_ = 0;
    bool removed_ = false;
    bool other_checksums_ = false;
    int lock_ = -1;
    int file_ = -1;
};

/// Where two documents differ first, as a sentence's part ("a.b was 1 and is 2"); empty when they
/// don't.
std::string difference(const nlohmann::json& before, const nlohmann::json& now,
                       const std::string& place = "");

} // namespace oldfilm::job

#pragma once
/// \file
/// What a path names: a file, numbered pictures (frames/%05d.png), or something behind a protocol.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::media {

/// "https" of "https://...", empty where the path names a file.
std::string scheme_of(const std::string& path);

/// Whether a film can be read once only: standard input ("-"), another pipe, a socket or a device.
bool is_pipe(const std::string& path);

/// The extension in lower case, with its dot.
std::string extension_of(const std::filesystem::path& path);

/// Whether the extension is one of picture files (.dpx, .png, ...).
bool is_picture(const std::filesystem::path& path);

/// The names of an image sequence's files: equal but for a frame number.
struct SequenceName {
    std::filesystem::path folder; ///< as it was given; may be empty
    std::string before, after;    ///< of the number, in the file's name
    int digits = 1;               ///< at least so many, zeros in front

    [[nodiscard]] std::filesystem::path file(std::int64_t number) const;
    /// The number in a file's name; nothing where the name is another's.
    [[nodiscard]] std::optional<std::int64_t> number_in(const std::string& name) const;
    /// The frame numbers that are there, in order.
    [[nodiscard]] std::vector<std::int64_t> numbers() const;
    /// As users write it: folder/name%05d.dpx, a % of the name itself as %%.
    [[nodiscard]] std::string pattern() const;
};

/// The sequence that a path names by one %d or %05d in its file's name, where that name is a
/// picture's and no file has just this name. Any other % is a %, as is %%. Throws `Error`
/// (invalid_argument) where there are several.
std::optional<SequenceName> sequence_name(const std::string& path);

/// Whether the path is such a pattern.
bool is_sequence(const std::string& path);

/// The sequence that a picture file belongs to, by the last number in its name.
std::optional<SequenceName> sequence_around(const std::filesystem::path& file);

/// The pattern of the pictures in a folder. Throws `Error`: unreadable (no pictures),
/// invalid_argument (several sequences, which it lists).
SequenceName sequence_in(const std::filesystem::path& folder);

} // namespace oldfilm::media

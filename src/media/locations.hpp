#pragma once
/// \file
/// What a path names: a file, numbered pictures (frames/%05d.png), or something behind a protocol.

#include <string>
#include <vector>

namespace oldfilm::media {

/// "https" of "https://...", empty where the path names a file.
std::string scheme_of(const std::string& path);

/// Whether the path's last part has a number pattern such as %05d.
bool is_sequence(const std::string& path);

/// The numbers of the pictures that are there, in order.
std::vector<int> sequence_numbers(const std::string& pattern);

/// The first picture's number, 0 when there is none. Throws `Error` (unreadable) where one is
/// missing between others: a gap would end the film without a word.
int first_of_sequence(const std::string& pattern);

} // namespace oldfilm::media

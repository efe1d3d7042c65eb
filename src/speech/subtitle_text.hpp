#pragma once
/// \file
/// Times and text as the formats of subtitles write them.

#include <oldfilm/speech.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::speech {

/// "00:01:02,500" with `point` before the milliseconds. Times below 0 count as 0.
std::string clock_text(const Rational& seconds, char point);
/// To the nearest millisecond, at least 0.
std::int64_t milliseconds(const Rational& seconds);
/// With &amp;, &lt; and &gt;, as XML and WebVTT have them. Control characters, which XML excludes,
/// are left out.
std::string escaped(std::string_view text);
/// Without empty rows, which would end a cue.
std::string without_empty_rows(std::string text);
std::string with_speaker(const Line& line);
/// The same without empty rows.
std::string cue_text(const Line& line);
/// Words of `text`, without spaces and line breaks.
std::vector<std::string> words_in(std::string_view text);
/// Number of characters of UTF-8 text.
std::size_t length_of(std::string_view text);
/// In rows of at most `width` characters, of about equal lengths; longer words have rows of their
/// own.
std::string wrapped(std::string_view text, std::size_t width);

} // namespace oldfilm::speech

#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <regex>
#include <tuple>

namespace oldfilm::media {

namespace fs = std::filesystem;

namespace {

/// More digits than a number of 64 bits surely has.
constexpr std::size_t most_digits = 18;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The text with `%%` as a `%`.
std::string unescaped(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        result += text[i];
        i += text.compare(i, 2, "%%") == 0 ? 1 : 0;
    }
    return result;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        result += c == '%' ? "%%" : std::string(1, c);
    }
    return result;
}

/// The file's name around the last number in it; empty where it has none.
std::optional<std::tuple<std::string, std::string, std::string>> parts_of(const fs::path& file) {
    const std::string name = file.filename().string();
    std::size_t end = name.size() - file.extension().string().size();
    while (end > 0 && !is_digit(name[end - 1])) {
        --end;
    }
    std::size_t begin = end;
    while (begin > 0 && is_digit(name[begin - 1])) {
        --begin;
    }
    if (begin == end) {
        return std::nullopt;
    }
    return std::tuple(name.substr(0, begin), name.substr(begin, end - begin), name.substr(end));
}

bool is_visible_picture(const fs::directory_entry& entry) {
    std::error_code unknown;
    return entry.path().filename().string().front() != '.' && is_picture(entry.path()) &&
           entry.is_regular_file(unknown);
}

} // namespace

std::string scheme_of(const std::string& path) {
    const std::size_t end = path.find("://");
    const bool named =
        end != std::string::npos && end > 0 &&
        std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(end),
                    [](unsigned char c) { return std::isalnum(c) != 0 || c == '+'; });
    return named ? path.substr(0, end) : "";
}

bool is_pipe(const std::string& path) {
    std::error_code unknown;
    const fs::file_status status = fs::status(path, unknown);
    return path == "-" || fs::is_fifo(status) || fs::is_socket(status) ||
           fs::is_character_file(status);
}

std::string extension_of(const fs::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

bool is_picture(const fs::path& path) {
    static constexpr std::array extensions{
        ".dpx", ".cin", ".png", ".tif", ".tiff", ".exr", ".jpg", ".jpeg", ".jp2", ".j2k", ".j2c",
        ".bmp", ".tga", ".sgi", ".pnm", ".ppm",  ".pgm", ".pfm", ".webp", ".jxl", ".hdr"};
    return std::find(extensions.begin(), extensions.end(), extension_of(path)) != extensions.end();
}

fs::path SequenceName::file(std::int64_t number) const {
    return folder / fmt::format("{}{:0{}}{}", before, number, digits, after);
}

std::optional<std::int64_t> SequenceName::number_in(const std::string& name) const {
    if (name.size() <= before.size() + after.size() || !name.starts_with(before) ||
        !name.ends_with(after)) {
        return std::nullopt;
    }
    const std::string text = name.substr(before.size(), name.size() - before.size() - after.size());
    const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size());
    const bool fits = std::all_of(text.begin(), text.end(), is_digit) &&
                      text.size() - zeros <= most_digits &&
                      text.size() >= static_cast<std::size_t>(digits) &&
                      (text.size() == static_cast<std::size_t>(digits) || text[0] != '0');
    if (!fits) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::vector<std::int64_t> SequenceName::numbers() const {
    std::vector<std::int64_t> found;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, missing)) {
        if (const auto number = number_in(entry.path().filename().string())) {
            found.push_back(*number);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string SequenceName::pattern() const {
    const std::string number = digits == 1 ? "%d" : fmt::format("%0{}d", digits);
    return (folder / (escaped(before) + number + escaped(after))).string();
}

std::optional<SequenceName> sequence_name(const std::string& path) {
    static const std::regex pattern("%%|%0?[0-9]{0,2}d");
    const fs::path whole(path);
    const std::string name = whole.filename().string();
    std::error_code unknown;
    if (name.find('%') == std::string::npos || !is_picture(whole) || !scheme_of(path).empty() ||
        fs::is_regular_file(whole, unknown)) {
        return std::nullopt;
    }
    std::vector<std::pair<std::size_t, std::string>> found; // where, and what
    for (auto at = std::sregex_iterator(name.begin(), name.end(), pattern);
         at != std::sregex_iterator(); ++at) {
        if (at->str() != "%%") {
            found.emplace_back(at->position(), at->str());
        }
    }
    if (found.size() > 1) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a picture's name must have one number, and {} has {}; write %% "
                                "where a % is meant",
                                path, found.size()));
    }
    if (found.empty()) {
        return std::nullopt;
    }
    const auto& [place, number] = found.front();
    const std::string digits = number.substr(1, number.size() - 2);
    return SequenceName{whole.parent_path(), unescaped(name.substr(0, place)),
                        unescaped(name.substr(place + number.size())),
                        digits.empty() ? 1 : std::max(1, std::stoi(digits))};
}

bool is_sequence(const std::string& path) {
    return sequence_name(path).has_value();
}

std::optional<SequenceName> sequence_around(const fs::path& file) {
    const auto parts = is_picture(file) ? parts_of(file) : std::nullopt;
    if (!parts) {
        return std::nullopt;
    }
    const auto& [before, number, after] = *parts;
    SequenceName name{file.parent_path(), before, after, static_cast<int>(number.size())};
    if (number.front() != '0' && name.numbers().size() <= 1) {
        name.digits = 1; // among numbers of fewer digits
    }
    return name;
}

SequenceName sequence_in(const fs::path& folder) {
    struct Group {
        std::size_t pictures = 0, digits = most_digits;
    };
    std::map<std::pair<std::string, std::string>, Group> groups;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (!is_visible_picture(entry)) {
            continue;
        }
        if (const auto parts = parts_of(entry.path())) {
            const auto& [before, number, after] = *parts;
            Group& group = groups[{before, after}];
            ++group.pictures;
            group.digits = std::min(group.digits, number.size());
        }
    }
    if (groups.empty()) {
        throw Error(Errc::unreadable,
                    fmt::format("the folder {} must hold numbered pictures (DPX, PNG, TIFF, ...), "
                                "and has none; name a film, or the folder of its pictures",
                                folder.string()));
    }
    std::vector<SequenceName> found;
    for (const auto& [around, group] : groups) {
        found.push_back({folder, around.first, around.second, static_cast<int>(group.digits)});
    }
    if (found.size() > 1) {
        std::string list;
        for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 10); ++i) {
            list += "\n  " + found[i].pattern();
        }
        throw Error(Errc::invalid_argument,
                    fmt::format("the folder {} must hold one image sequence, and has {}; name one "
                                "of them by its pattern:{}{}",
                                folder.string(), found.size(), list,
                                found.size() > 10 ? "\n  ..." : ""));
    }
    if (found.front().numbers().size() != groups.begin()->second.pictures) {
        throw Error(Errc::unreadable,
                    fmt::format("the pictures of {} must be numbered alike, with up to {} digits, "
                                "and some have more digits or fewer zeros; rename them, or name "
                                "those that are meant by a pattern such as {}",
                                folder.string(), most_digits, found.front().pattern()));
    }
    return found.front();
}

} // namespace oldfilm::media

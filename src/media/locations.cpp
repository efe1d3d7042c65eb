#include "media/locations.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavformat/avformat.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <regex>

namespace oldfilm::media {

namespace fs = std::filesystem;

std::string scheme_of(const std::string& path) {
    const std::size_t end = path.find("://");
    const bool named =
        end != std::string::npos && end > 0 &&
        std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(end),
                    [](unsigned char c) { return std::isalnum(c) != 0 || c == '+'; });
    return named ? path.substr(0, end) : "";
}

bool is_sequence(const std::string& path) {
    static const std::regex pattern("%[0-9]*d");
    return std::regex_search(fs::path(path).filename().string(), pattern);
}

std::vector<int> sequence_numbers(const std::string& pattern) {
    const fs::path parent = fs::path(pattern).parent_path();
    std::vector<int> numbers;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(parent.empty() ? "." : parent, missing)) {
        const std::string name = (parent / entry.path().filename()).string();
        static const std::regex digits("[0-9]+");
        for (auto at = std::sregex_iterator(name.begin(), name.end(), digits);
             at != std::sregex_iterator(); ++at) {
            const int number = static_cast<int>(std::strtol(at->str().c_str(), nullptr, 10));
            char made[4096] = {};
            if (at->length() < 10 &&
                av_get_frame_filename(made, sizeof(made), pattern.c_str(), number) >= 0 &&
                name == made) {
                numbers.push_back(number);
                break;
            }
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

int first_of_sequence(const std::string& pattern) {
    const std::vector<int> numbers = sequence_numbers(pattern);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        if (numbers[i] != numbers[i - 1] + 1) {
            throw Error(Errc::unreadable,
                        fmt::format("the pictures of {} must be numbered without a gap, and {} is "
                                    "followed by {}; fill the gap, or restore the parts by "
                                    "themselves",
                                    pattern, numbers[i - 1], numbers[i]));
        }
    }
    return numbers.empty() ? 0 : numbers.front();
}

} // namespace oldfilm::media

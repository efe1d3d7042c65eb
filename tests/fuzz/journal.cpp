// What a broken-off restoration has left; behind its checksums, so those are made to fit.
#include "job/journal.hpp"

#include "base/checksum.hpp"
#include "fuzz.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

void oldfilm::fuzz::parse(const std::string& text) {
    static const std::string output = "/tmp/oldfilm-fuzz-" + std::to_string(getpid());
    const auto folder = job::Journal::folder_of(output);
    std::filesystem::create_directory(folder);
    {
        std::ofstream file(folder / "journal", std::ios::binary);
        // The first byte says whether the rest is taken as it is, or as a sealed line.
        if (!text.empty() && text[0] == '=') {
            file << fmt::format("{:016x} {}\n", base::checksum(text.substr(1)), text.substr(1));
        } else {
            file << text;
        }
    }
    static_cast<void>(job::Journal::is_publishing(output));
    job::Journal journal(output);
    static const nlohmann::json fixed{{"plan", {{"stages", {1, 2}}}}};
    for (const auto& line : journal.lines()) {
        static_cast<void>(job::difference(line, fixed));
    }
    journal.remove();
}

#include "project/text_file.hpp"

#include "base/sync.hpp"
#include "media/partial_files.hpp"

#include <fstream>
#include <iterator>
#include <utility>

namespace oldfilm::project {

namespace fs = std::filesystem;

std::optional<std::string> read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    return file ? std::optional(std::move(text)) : std::nullopt;
}

void write_text(const fs::path& path, const std::string& text) {
    media::PartialFiles files(/*overwrite=*/true);
    const fs::path partial = files.add_locked(path);
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    if (!(file << text << std::flush)) {
        base::failed("write", partial);
    }
    file.close();
    files.publish({});
}

} // namespace oldfilm::project

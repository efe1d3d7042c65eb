#include "cluster/failures.hpp"

#include "cluster/atomic_file.hpp"
#include "cluster/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <exception>
#include <set>
#include <utility>

namespace oldfilm::cluster {

using nlohmann::json;

Failures::Failures(std::filesystem::path folder) : folder_(std::move(folder)) {
    make_folder(folder_);
}

std::map<int, Failures::OfItem> Failures::list() const {
    std::set<std::filesystem::path> files; // in order: generations have five digits
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        files.insert(entry.path());
    }
    std::map<int, OfItem> items;
    for (const auto& file : files) {
        const std::string name = file.filename().string();
        int item = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), item).ec != std::errc()) {
            continue;
        }
        const json document = json::parse(read_file(file).value_or(""), nullptr, false);
        OfItem& failures = items[item];
        ++failures.count;
        if (document.is_object()) {
            failures.host = document.value("host", "");
            failures.message = document.value("message", "");
        }
    }
    return items;
}

void Failures::add(int item, int generation, const std::string& message) const noexcept {
    try {
        const Owner self = this_process();
        const json document{{"host", self.host}, {"pid", self.pid}, {"message", message}};
        write_file(folder_ / fmt::format("{:06}.{:05}", item, generation),
                   document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
    } catch (const std::exception&) { // it is thrown where it happened, too
    }
}

} // namespace oldfilm::cluster

#include "cluster/claims.hpp"

#include "base/sync.hpp"
#include "cluster/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int touches = 4; ///< in the time that a claim lasts

double seconds_of(const timespec& time) {
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// When the server of the folder says that the file was changed. Opened, since NFS looks at the
/// server then; nothing if it is not there.
std::optional<double> changed_at(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return std::nullopt;
    }
    struct stat state {};
    const bool known = fstat(file, &state) == 0;
    close(file);
    return known ? std::optional(seconds_of(state.st_mtim)) : std::nullopt;
}

/// "000007.2" as 7 and 2.
std::optional<std::pair<int, int>> parsed(const std::string& name) {
    const auto point = name.find('.');
    int item = 0;
    int generation = 0;
    const char* const end = name.data() + name.size();
    if (point == 0 || point == std::string::npos ||
        std::from_chars(name.data(), name.data() + point, item).ptr != name.data() + point ||
        std::from_chars(name.data() + point + 1, end, generation).ptr != end || generation < 1) {
        return std::nullopt;
    }
    return std::pair(item, generation);
}

/// Who made a claim, and when; a file that is not whole yet has none.
std::pair<Owner, double> made_by(const fs::path& path) {
    const json document =
        json::parse(read_file(path).value_or(""), nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) {
        return {};
    }
    return {{.host = document.value("host", ""),
             .pid = document.value("pid", std::int64_t{0}),
             .processes = document.value("processes", "")},
            document.value("begun", 0.0)};
}

} // namespace

Claim::Claim(fs::path file, int item, int generation, double lasts)
    : file_(std::move(file)), item_(item), generation_(generation),
      thread_([this, lasts](const std::stop_token& end) {
          std::unique_lock lock(mutex_);
          const auto pause = std::chrono::duration<double>(lasts / touches);
          while (!ended_.wait_for(lock, end, pause, [&end] { return end.stop_requested(); })) {
              touch();
          }
      }) {}

void Claim::touch() const {
    utimensat(AT_FDCWD, file_.c_str(), nullptr, 0); // what fails once is tried again
}

Claim::~Claim() {
    thread_.request_stop();
    thread_.join();
    const std::array<timespec, 2> never{};
    utimensat(AT_FDCWD, file_.c_str(), never.data(), 0);
}

Claims::Claims(fs::path folder, double lasts) : folder_(std::move(folder)), lasts_(lasts) {
    make_folder(folder_);
}

fs::path Claims::file(int item, int generation) const {
    return folder_ / fmt::format("{:06}.{}", item, generation);
}

/// By the clock of the folder's server.
double Claims::now() const {
    const fs::path probe = folder_ / (".now-" + unique_name());
    static_cast<void>(create_file(probe, ""));
    const std::optional<double> time = changed_at(probe);
    std::error_code ignored;
    fs::remove(probe, ignored);
    if (!time) {
        base::failed("read", probe);
    }
    return *time;
}

ClaimState Claims::state_of(int item, int generation) const {
    ClaimState state;
    state.generation = generation;
    if (generation == 0) {
        return state;
    }
    const fs::path path = file(item, generation);
    const auto [owner, begun] = made_by(path);
    const double touched = changed_at(path).value_or(0);
    const double time = now();
    state.owner = owner;
    state.silent = std::max(time - touched, 0.0);
    state.seconds = std::max(time - begun, 0.0);
    state.is_live = state.silent < lasts_ && !has_ended(state.owner);
    return state;
}

std::map<int, int> Claims::generations() const {
    std::map<int, int> last;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        if (const auto claim = parsed(entry.path().filename().string())) {
            int& generation = last[claim->first];
            generation = std::max(generation, claim->second);
        }
    }
    return last;
}

std::unique_ptr<Claim> Claims::take(int item, int before) const {
    const int generation = before + 1;
    const fs::path path = file(item, generation);
    const Owner self = this_process();
    const double begun =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    const json document{
        {"host", self.host}, {"pid", self.pid}, {"processes", self.processes}, {"begun", begun}};
    if (!create_file(path, document.dump() + "\n")) {
        return nullptr;
    }
    return std::make_unique<Claim>(path, item, generation, lasts_);
}

} // namespace oldfilm::cluster

#include "user_name.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace cli {

std::string user_name() {
    const passwd* entry = getpwuid(geteuid());
    return entry != nullptr ? entry->pw_name : fmt::format("user {}", geteuid());
}

} // namespace cli

#include <oldfilm/log.hpp>

#include <mutex>
#include <set>
#include <string>

namespace oldfilm {

struct Log::Shared {
    Callback callback;
    std::recursive_mutex turn; ///< recursive: a callback may log itself
};

Log::Log(Callback callback) {
    if (callback) {
        shared_ = std::make_shared<Shared>();
        shared_->callback = std::move(callback);
    }
}

void Log::operator()(LogLevel level, std::string_view text) const {
    if (!shared_) {
        return;
    }
    const std::lock_guard lock(shared_->turn);
    try {
        shared_->callback(level, text);
    } catch (...) { // The caller may be a plugin's C function.
    }
}

Log Log::each_once() const {
    if (!shared_) {
        return {};
    }
    return Callback([to = *this, passed = std::set<std::string, std::less<>>()](
                        LogLevel level, std::string_view text) mutable {
        if (passed.emplace(text).second) {
            to(level, text);
        }
    });
}

} // namespace oldfilm

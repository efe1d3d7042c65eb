#include "cluster/working.hpp"

#include "cluster/item_worker.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace oldfilm::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// One call of `work`.
class Session {
  public:
    Session(const SharedFolder& folder, const ClusterWorkOptions& options)
        : folder_(folder), options_(options), position_(first_position()) {}

    ClusterWorkResult run();

  private:
    [[nodiscard]] int first_position() const;
    [[nodiscard]] std::vector<int> wanted() const;
    [[nodiscard]] std::unique_ptr<Claim> claim(const std::vector<int>& open) const;
    void restore(const Claim& claim);
    void wait(const std::vector<int>& open);
    void refuse_failed(const std::vector<int>& failed) const;
    [[nodiscard]] bool has_failed(const std::map<int, Failures::OfItem>& failures, int item) const;
    void check_stop() const;

    const SharedFolder& folder_;
    const ClusterWorkOptions& options_;
    int position_;                     ///< the item that is looked at first
    std::optional<ItemWorker> worker_; ///< models are opened when there is work
    ClusterWorkResult result_;
    bool waiting_ = false;
};

/// Workers that begin together look for items in different places, and go forward from there, as
/// their readers do.
int Session::first_position() const {
    const auto items = static_cast<std::size_t>(std::ssize(folder_.plan.items));
    return static_cast<int>(
        std::hash<std::string>()(fmt::format("{} {}", this_process().host, this_process().pid)) %
        items);
}

std::vector<int> Session::wanted() const {
    std::vector<int> open = folder_.open_items();
    if (options_.item) {
        std::erase_if(open, [this](int item) { return item != *options_.item; });
    }
    return open;
}

bool Session::has_failed(const std::map<int, Failures::OfItem>& failures, int item) const {
    const auto found = failures.find(item);
    return !options_.retry && !options_.item && found != failures.end() &&
           found->second.count >= ClusterJob::most_failures;
}

/// The first item from the position on that is free; nothing if there is none.
std::unique_ptr<Claim> Session::claim(const std::vector<int>& open) const {
    const std::map<int, int> claims = folder_.claims.generations();
    const std::map<int, Failures::OfItem> failures = folder_.failures.list();
    std::vector<int> in_order = open;
    std::rotate(in_order.begin(), std::lower_bound(in_order.begin(), in_order.end(), position_),
                in_order.end());
    for (const int item : in_order) {
        const auto found = claims.find(item);
        const int last = found == claims.end() ? 0 : found->second;
        if (has_failed(failures, item) || folder_.claims.state_of(item, last).is_live) {
            continue;
        }
        if (std::unique_ptr<Claim> claim = folder_.claims.take(item, last)) {
            return claim;
        }
    }
    return nullptr;
}

void Session::restore(const Claim& claim) {
    const Item& item = folder_.plan.items[static_cast<std::size_t>(claim.item())];
    options_.log.info(fmt::format("item {} of {}: frames {} to {}", claim.item(),
                                  folder_.plan.items.size(), item.first, item.next - 1));
    const auto start = Clock::now();
    try {
        if (!worker_) {
            worker_.emplace(folder_, options_);
        }
        const std::int64_t frames = worker_->restore(claim);
        result_.frames += frames;
        result_.items += frames > 0 ? 1 : 0; // others may have completed it just now
        options_.log.info(fmt::format("item {} is done: {} frames in {:.1f} s", claim.item(),
                                      frames,
                                      std::chrono::duration<double>(Clock::now() - start).count()));
    } catch (const Error& error) {
        if (error.code() != Errc::cancelled && error.code() != Errc::incompatible) {
            folder_.failures.add(claim.item(), claim.generation(), error.what());
        }
        throw;
    }
    position_ = claim.item() + 1;
}

/// Nothing is free: others work on what is left, or all of it has failed.
void Session::wait(const std::vector<int>& open) {
    std::vector<int> failed;
    const std::map<int, Failures::OfItem> failures = folder_.failures.list();
    const std::map<int, int> claims = folder_.claims.generations();
    for (const int item : open) {
        const auto found = claims.find(item);
        if (has_failed(failures, item) &&
            (found == claims.end() || !folder_.claims.state_of(item, found->second).is_live)) {
            failed.push_back(item);
        }
    }
    if (failed.size() == open.size()) {
        refuse_failed(failed);
    }
    if (!waiting_) {
        waiting_ = true;
        options_.log.info(fmt::format("waiting for {} item{} that others work on", open.size(),
                                      open.size() == 1 ? "" : "s"));
    }
    const double pause = std::min(1.0, folder_.plan.claim_seconds / 8.0);
    std::this_thread::sleep_for(std::chrono::duration<double>(pause));
}

void Session::refuse_failed(const std::vector<int>& failed) const {
    const Failures::OfItem last = folder_.failures.list().at(failed.front());
    throw Error(Errc::stage_failed,
                fmt::format("all items must be restored, and {} of {} failed {} times (item {} on "
                            "{}: {}); see to that, and try them again (--retry)",
                            failed.size(), folder_.plan.items.size(), last.count, failed.front(),
                            last.host, last.message));
}

void Session::check_stop() const {
    if (options_.stop.stop_requested()) {
        throw Error(Errc::cancelled, "stopped on request; complete segments stay, and another "
                                     "worker goes on behind them");
    }
}

ClusterWorkResult Session::run() {
    const auto start = Clock::now();
    for (std::vector<int> open = wanted(); !open.empty(); open = wanted()) {
        check_stop();
        if (const std::unique_ptr<Claim> claimed = claim(open)) {
            restore(*claimed);
            continue;
        }
        if (!options_.wait) {
            break;
        }
        wait(open);
    }
    result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return result_;
}

} // namespace

ClusterWorkResult work(const SharedFolder& folder, const ClusterWorkOptions& options) {
    const auto items = std::ssize(folder.plan.items);
    if (options.item && (*options.item < 0 || *options.item >= items)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the plan has items 0 to {}, found {}", items - 1, *options.item));
    }
    return Session(folder, options).run();
}

} // namespace oldfilm::cluster

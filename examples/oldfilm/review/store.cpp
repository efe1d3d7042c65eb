#include "store.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

namespace cli::review {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Project;
using oldfilm::Repair;

/// Tells one content of a file from another, without reading it.
std::string stamp_of(const fs::path& path) {
    std::error_code gone;
    const auto bytes = fs::file_size(path, gone);
    const auto time = fs::last_write_time(path, gone);
    return gone ? "-" : fmt::format("{}.{}", bytes, time.time_since_epoch().count());
}

std::string revision_of(const Project& project) {
    return fmt::format("{:016x}", std::hash<std::string>()(project.to_json()));
}

[[noreturn]] void changed_elsewhere(const std::string& what) {
    throw Error(Errc::incompatible,
                fmt::format("{} was changed in another window or by another program; nothing of "
                            "that was overwritten: look at it, and repeat the change",
                            what));
}

std::vector<std::int64_t> ids_of(const Json& decisions) {
    std::vector<std::int64_t> ids;
    for (const auto& item : decisions.items()) {
        ids.push_back(std::stoll(item.key()));
    }
    return ids;
}

} // namespace

Store::Store(std::string folder, std::string user)
    : folder_(std::move(folder)), user_(std::move(user)), project_(Project::open(folder_)),
      revision_(revision_of(project_)), stamp_(stamp_of(fs::path(folder_) / "project.json")) {
    open_ledger();
}

void Store::open_ledger() {
    ledger_ = std::make_unique<oldfilm::Ledger>(folder_); // which takes the shots over
}

void Store::refresh() {
    const std::string stamp = stamp_of(fs::path(folder_) / "project.json");
    if (stamp == stamp_) {
        return;
    }
    project_ = Project::open(folder_);
    revision_ = revision_of(project_);
    stamp_ = stamp;
    open_ledger();
}

Project Store::project() {
    const std::lock_guard lock(mutex_);
    refresh();
    return project_;
}

std::string Store::revision() {
    const std::lock_guard lock(mutex_);
    refresh();
    return revision_;
}

std::string Store::ledger_stamp() const {
    const fs::path path = fs::path(folder_) / "ledger.sqlite";
    return stamp_of(path) + "+" + stamp_of(path.string() + "-wal");
}

std::vector<Repair> Store::repairs(const oldfilm::RepairFilter& filter) {
    const std::lock_guard lock(mutex_);
    refresh();
    return ledger_->list(filter);
}

std::map<std::string, oldfilm::RepairTotals> Store::totals_by_shot() {
    const std::lock_guard lock(mutex_);
    refresh();
    return ledger_->totals_by_shot();
}

oldfilm::RepairTotals Store::totals(const std::string& shot) {
    const std::lock_guard lock(mutex_);
    refresh();
    return ledger_->totals(shot);
}

void Store::make(const std::string& revision, const Change& change) {
    const std::lock_guard lock(mutex_);
    refresh();
    if (change.kind != Change::Kind::decisions && revision != revision_) {
        changed_elsewhere("the project");
    }
    replace(change, true);
    changes_.resize(made_);
    changes_.push_back(change);
    made_ = changes_.size();
}

void Store::undo() {
    const std::lock_guard lock(mutex_);
    if (made_ == 0) {
        throw Error(Errc::invalid_argument, "there is nothing to undo");
    }
    refresh();
    replace(changes_[made_ - 1], false);
    --made_;
}

void Store::redo() {
    const std::lock_guard lock(mutex_);
    if (made_ == changes_.size()) {
        throw Error(Errc::invalid_argument, "there is nothing to redo");
    }
    refresh();
    replace(changes_[made_], true);
    ++made_;
}

std::string Store::undo_label() const {
    const std::lock_guard lock(mutex_);
    return made_ > 0 ? changes_[made_ - 1].label : "";
}

std::string Store::redo_label() const {
    const std::lock_guard lock(mutex_);
    return made_ < changes_.size() ? changes_[made_].label : "";
}

void Store::replace(const Change& change, bool forward) {
    if (change.kind == Change::Kind::decisions) {
        replace_decisions(change, forward);
    } else {
        replace_in_project(change, forward);
    }
}

void Store::replace_in_project(const Change& change, bool forward) {
    const Json& from = forward ? change.from : change.to;
    const Json& to = forward ? change.to : change.from;
    Project changed = project_;
    if (change.kind == Change::Kind::shot) {
        const oldfilm::ProjectShot shot = project_.shot(from.at("id").get<std::string>());
        if (json_of(shot) != from) {
            changed_elsewhere("shot " + shot.id);
        }
        changed.update(shot_from(to, shot));
    } else {
        if (json_of(project_.regions()) != from) {
            changed_elsewhere("a region");
        }
        changed.set_regions(regions_from(to));
    }
    changed.save();
    project_ = std::move(changed);
    revision_ = revision_of(project_);
    stamp_ = stamp_of(fs::path(folder_) / "project.json");
    open_ledger();
}

void Store::replace_decisions(const Change& change, bool forward) {
    const Json& from = forward ? change.from : change.to;
    const Json& to = forward ? change.to : change.from;
    oldfilm::RepairFilter asked;
    asked.ids = ids_of(from);
    const std::vector<Repair> repairs = ledger_->list(asked);
    if (repairs.size() != asked.ids.size()) {
        throw Error(Errc::not_found, "a repair is no longer in the ledger, since the film was "
                                     "rendered again; load the page again");
    }
    std::map<std::string, std::vector<std::int64_t>> ids; // by decision
    for (const Repair& repair : repairs) {
        const std::string key = fmt::format("{}", repair.id);
        if (from.at(key) != to_string(repair.decision)) {
            changed_elsewhere(fmt::format("the decision about repair {}", repair.id));
        }
        ids[to.at(key).get<std::string>()].push_back(repair.id);
    }
    for (auto& [decision, of_these] : ids) {
        oldfilm::RepairFilter filter;
        filter.ids = std::move(of_these);
        ledger_->decide(filter, decision_from(decision), user_);
    }
}

} // namespace cli::review

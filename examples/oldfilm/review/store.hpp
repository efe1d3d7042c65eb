#pragma once
/// \file
/// The project and its ledger, as they are on the disk, and the changes that were made here.

#include "change.hpp"

#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cli::review {

/// Thread-safe. Other programs and other windows may change the files at any time: each change
/// names the state that it was made for, and is refused if that is no longer the one on the disk.
class Store {
  public:
    /// Throws `oldfilm::Error` as `Project::open` and `Ledger` do.
    Store(std::string folder, std::string user);

    [[nodiscard]] const std::string& folder() const { return folder_; }
    /// The project as it is now, read again if the file changed.
    oldfilm::Project project();
    /// Tells one text of project.json from another.
    std::string revision();
    /// Changes whenever the ledger's file does.
    [[nodiscard]] std::string ledger_stamp() const;
    std::vector<oldfilm::Repair> repairs(const oldfilm::RepairFilter& filter);
    std::map<std::string, oldfilm::RepairTotals> totals_by_shot();
    oldfilm::RepairTotals totals(const std::string& shot);

    /// Makes a change, which can be undone. `revision` is that of the project that the change was
    /// made for. Throws `oldfilm::Error`: incompatible if it is another one by now, or if a
    /// decision is; as `Project::update`, `set_regions` and `save` do.
    void make(const std::string& revision, const Change& change);
    /// Takes back the last change, or makes it again. Throws `oldfilm::Error`: invalid_argument if
    /// there is none; incompatible if somebody else changed the same thing since.
    void undo();
    void redo();
    /// What would be undone and made again; empty for nothing.
    [[nodiscard]] std::string undo_label() const;
    [[nodiscard]] std::string redo_label() const;

  private:
    void refresh();
    void open_ledger();
    void replace(const Change& change, bool forward);
    void replace_in_project(const Change& change, bool forward);
    void replace_decisions(const Change& change, bool forward);

    std::string folder_, user_;
    mutable std::mutex mutex_; ///< guards what follows
    oldfilm::Project project_;
    std::string revision_, stamp_;
    std::unique_ptr<oldfilm::Ledger> ledger_;
    std::vector<Change> changes_;
    std::size_t made_ = 0; ///< of `changes_`; the others were undone
};

} // namespace cli::review

#pragma once
/// \file
/// What the host offers to stages: log, cancellation, tensors, models, flow.

#include "stage/flow.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/export.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/plugin.h>
#include <oldfilm/profile.hpp>

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::stage {

/// A model and the checksum of the file that it was read from, which may be another by now.
struct OpenModel {
    std::shared_ptr<Model> model;
    std::uint64_t checksum = 0;
};

/// Open models, shared by all who ask for the same package on the same device in the same
/// precision. Thread-safe.
class ModelStore {
  public:
    OLDFILM_API OpenModel open(const std::string& path, const std::string& task,
                               const ModelOptions& options);

  private:
    struct Entry {
        std::weak_ptr<Model> model;
        std::uint64_t checksum = 0;
    };
    std::mutex mutex_;
    std::map<std::string, Entry> models_;
};

/// Files that a person named for a stage: where they lie, by what the stage is told.
using NamedFiles = std::map<std::string, std::string>;

/// What all stages of one run share. Outlives them.
struct Shared {
    std::shared_ptr<ModelStore> models;
    FlowService flow;
    at::Device device{at::kCPU};
    Precision precision = Precision::automatic;
    std::int64_t budget = 0; ///< bytes that the whole run may take; 0: any amount
    std::int64_t memory = 0; ///< bytes that a model may take of them; 0: no budget
    int tile = 0;            ///< side of the models' tiles; 0: chosen
    bool optimize = true;    ///< see `ModelOptions`
    Profile* profile = nullptr;
    Log log;
    std::atomic<bool> cancelled{false};
};

/// One stage's side of the host: the C struct that it sees, and what it said went wrong.
class HostSide {
  public:
    OLDFILM_API HostSide(Shared& shared, std::string label, std::string folder, bool torch,
                         NamedFiles named = {});
    HostSide(const HostSide&) = delete;
    HostSide& operator=(const HostSide&) = delete;
    ~HostSide() = default;

    [[nodiscard]] const oldfilm_host* c() const noexcept { return &host_; }
    [[nodiscard]] Shared& shared() const noexcept { return shared_; }
    [[nodiscard]] const std::string& label() const noexcept { return label_; }
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] bool torch() const noexcept { return torch_; }
    /// The model package that the stage calls `name`. Throws as `find_package` and `Model::open`.
    std::shared_ptr<Model> open_model(const std::string& name, const std::string& task);
    /// Checksums of the packages that were opened, by what the stage calls them.
    [[nodiscard]] std::map<std::string, std::uint64_t> packages() const {
        const std::scoped_lock lock(mutex_);
        return packages_;
    }
    /// The models that the stage has open.
    [[nodiscard]] std::vector<std::shared_ptr<Model>> open_models() const;

    /// A service failed; remembered so that its code survives the way through the plugin. Returns
    /// the status for it. For any thread; of several sentences one stays.
    OLDFILM_API int remember(Errc code, std::string_view sentence) noexcept;
    /// Throws what `status` means, with the sentence that was said, unless it is OLDFILM_OK.
    OLDFILM_API void check(int status, const char* doing);

    /// What is lent to the plugin during the call that is under way.
    std::vector<at::Tensor> lent;
    /// Known damage of the frames among them.
    std::map<const oldfilm_frame*, const oldfilm_tensor*> damage;
    /// Which of those a plugin without LibTorch hands on; null: none.
    [[nodiscard]] const at::Tensor* find_lent(const oldfilm_tensor& c) const noexcept;

    static HostSide& of(const oldfilm_host* host) noexcept {
        return *static_cast<HostSide*>(host->context);
    }

  private:
    Shared& shared_;
    std::string label_, folder_;
    bool torch_;
    NamedFiles named_;
    oldfilm_host host_{};
    mutable std::mutex mutex_; ///< guards what follows
    std::map<std::string, std::uint64_t> packages_;
    std::vector<std::weak_ptr<Model>> models_;
    std::optional<Errc> code_;
    std::string sentence_; ///< has room, so that it can be said that there is no memory
};

/// Where the package that a stage names lies: in the plugin's folder, where `person` said that it
/// does, or in OLDFILM_MODEL_PATH, $XDG_DATA_HOME/oldfilm/models and ~/.local/share/oldfilm/models.
/// Never in the working directory unless a path leads there. Throws `Error` (not_found).
OLDFILM_API std::string find_package(const std::string& name, const std::string& plugin_folder,
                                     const std::string& person = "");

} // namespace oldfilm::stage

#pragma once
/// \file
/// What the suite's checks are made of. A check is a function that returns when it passes, and
/// throws `Failed`, `Warned` or `Skipped` otherwise.

#include "check/elf.hpp"
#include "stage/services.hpp"

#include <oldfilm/check.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/plugin.h>

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::check {

struct Failed {
    std::string found;
};
struct Warned {
    std::string found;
};
struct Skipped {
    std::string why;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
    throw Failed{fmt::format(text, std::forward<Args>(args)...)};
}
template <class... Args>
[[noreturn]] void skip(fmt::format_string<Args...> text, Args&&... args) {
    throw Skipped{fmt::format(text, std::forward<Args>(args)...)};
}

/// What belongs to the whole process: a name and a value each.
using ProcessState = std::vector<std::pair<std::string, std::string>>;
ProcessState process_state();

/// The library under test. What asks more of it than reading files loads it.
class Library {
  public:
    explicit Library(std::string path);
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] std::string sidecar() const;
    const Elf& elf();
    /// Throws `Failed` with the linker's reason.
    void* handle();
    /// Throws `Failed` when there is none.
    oldfilm_plugin_function entry();
    /// The plugins, asked for once.
    const std::vector<const oldfilm_plugin_description*>& plugins();
    /// The process as it was before the library was loaded.
    [[nodiscard]] const ProcessState& process_before() const noexcept { return before_; }

  private:
    std::string path_, folder_;
    ProcessState before_;
    std::optional<Elf> elf_;
    void* handle_ = nullptr;
    std::optional<std::vector<const oldfilm_plugin_description*>> plugins_;
};

/// What a film's frames have in common.
struct Shape {
    int channels = 3;
    std::int64_t height = 48, width = 64;
    oldfilm_rational rate{16, 1};
};

/// One plugin of it, and what is known of it by now. Checks may leave things here for later ones.
struct Subject {
    explicit Subject(Library& of, const oldfilm_plugin_description* one = nullptr)
        : library(of), plugin(one) {}

    Library& library;
    const oldfilm_plugin_description* plugin; ///< null for checks of the library
    std::shared_ptr<stage::ModelStore> models = std::make_shared<stage::ModelStore>();
    /// Keeps the models that were opened, so that each check need not read them again.
    std::map<std::string, std::shared_ptr<Model>> kept_models;
    ParameterValues values;            ///< in place of the initial ones
    std::optional<Shape> shape;        ///< the small one that the stage takes
    std::optional<std::string> random; ///< why its outputs cannot be compared; empty: they can

    [[nodiscard]] bool torch() const { return *plugin->runtime != '\0'; }
    /// The parameter table as the host sees it.
    [[nodiscard]] std::vector<Parameter> table() const;
    /// "org.example.x" or, when it has none, what there is instead.
    [[nodiscard]] std::string id() const;
};

struct Check {
    const char* name;
    const char* reason;
    const char* fix;
    const char* needs; ///< checks that must not have failed, with blanks between; may be null
    void (*run)(Subject&);
    double limit = 60;
};

/// The suite's parts, in the order in which they run.
std::vector<Check> library_checks();
std::vector<Check> description_checks();
std::vector<Check> table_checks();
std::vector<Check> stage_checks();
std::vector<Check> picture_checks();
std::vector<Check> ownership_checks();
std::vector<Check> film_checks();
std::vector<Check> schedule_checks();
std::vector<Check> value_checks();
std::vector<Check> claim_checks();
std::vector<Check> failure_checks();
std::vector<Check> resource_checks();

} // namespace oldfilm::check

#pragma once
/// \file
/// The C structs of a plugin's description.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/about.hpp>

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

// The LibTorch that this is built with. oldfilm_add_stage(... TORCH) and oldfilm::core define
// OLDFILM_RUNTIME_TAG; pkg-config defines OLDFILM_RUNTIME, without quotes that a shell would
// remove.
#ifndef OLDFILM_RUNTIME_TAG
#ifdef OLDFILM_RUNTIME
#define OLDFILM_QUOTED_(tag) #tag
#define OLDFILM_QUOTED(tag) OLDFILM_QUOTED_(tag)
#define OLDFILM_RUNTIME_TAG OLDFILM_QUOTED(OLDFILM_RUNTIME)
#else
#define OLDFILM_RUNTIME_TAG ""
#endif
#endif

namespace oldfilm::sdk::detail {

/// The C structs of a plugin, and the strings that they point to.
class Description {
  public:
    explicit Description(About about) : about_(std::move(about)) {
        for (const Parameter& p : about_.parameters) {
            auto& names = choices_.emplace_back();
            for (const std::string& choice : p.choices) {
                names.push_back(choice.c_str());
            }
            names.push_back(nullptr);
            oldfilm_parameter row{};
            row.size = sizeof(row);
            row.name = p.name.c_str();
            row.type = p.type;
            row.flags = p.is_live ? static_cast<std::uint32_t>(OLDFILM_LIVE) : 0U;
            row.initial = {p.integer, p.real, p.initial_text.c_str()};
            row.minimum = p.minimum;
            row.maximum = p.maximum;
            row.choices = p.type == OLDFILM_CHOICE ? names.data() : nullptr;
            row.unit = p.unit.c_str();
            row.help = p.help.c_str();
            rows_.push_back(row);
        }
        for (const oldfilm_parameter& row : rows_) {
            pointers_.push_back(&row);
        }
        c_.size = sizeof(c_);
        c_.abi_major = OLDFILM_ABI_MAJOR;
        c_.abi_minor = OLDFILM_PLUGIN_MINOR;
        c_.id = about_.id.c_str();
        c_.name = about_.name.c_str();
        c_.version = about_.version.c_str();
        c_.summary = about_.summary.c_str();
        c_.runtime = OLDFILM_RUNTIME_TAG;
        c_.threading = static_cast<std::int32_t>(about_.threading);
        c_.parameter_count = static_cast<std::uint32_t>(pointers_.size());
        c_.parameters = pointers_.data();
    }
    Description(const Description&) = delete;
    Description& operator=(const Description&) = delete;
    ~Description() = default;

    [[nodiscard]] const About& about() const noexcept { return about_; }
    [[nodiscard]] oldfilm_plugin_description& c() noexcept { return c_; }

  private:
    About about_;
    std::deque<std::vector<const char*>> choices_;
    std::deque<oldfilm_parameter> rows_;
    std::vector<const oldfilm_parameter*> pointers_;
    oldfilm_plugin_description c_{};
};

} // namespace oldfilm::sdk::detail

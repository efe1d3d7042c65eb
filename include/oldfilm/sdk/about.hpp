#pragma once
/// \file
/// The identity of a plugin and its parameters.

#include <oldfilm/sdk/enums.hpp>
#include <oldfilm/sdk/parameter.hpp>

#include <string>
#include <vector>

namespace oldfilm::sdk {

/// Description of a stage class, for `describe`.
struct About {
    std::string id;      ///< reverse DNS, such as "com.example.sharpen"
    std::string name;    ///< short name, such as "sharpen"
    std::string version; ///< SemVer
    std::string summary; ///< one line
    std::vector<Parameter> parameters;
    Threading threading = Threading::per_stage;
    friend bool operator==(const About&, const About&) = default;
};

} // namespace oldfilm::sdk

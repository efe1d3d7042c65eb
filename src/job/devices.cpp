#include "job/devices.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace oldfilm::job {
namespace {

bool is_number(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

} // namespace

std::string kind_of(const std::string& device) {
    return device.substr(0, device.find_first_of(":,"));
}

std::string joined(const std::vector<std::string>& devices) {
    return fmt::format("{}", fmt::join(devices, ","));
}

std::vector<std::string> devices_of(const std::string& text) {
    if (text.find(',') == std::string::npos) {
        return {text};
    }
    const auto refuse = [&text](const std::string& why) {
        return Error(Errc::invalid_argument,
                     fmt::format("several devices must be named as cuda:0,1 (or cpu,cpu for two "
                                 "workers on the CPU), and in \"{}\" {}",
                                 text, why));
    };
    std::vector<std::string> devices;
    std::istringstream places(text + ","); // so that an empty last place is one
    for (std::string name; std::getline(places, name, ',');) {
        if (is_number(name) && !devices.empty()) {
            name = fmt::format("{}:{}", kind_of(devices.front()), name);
        }
        const std::string kind = kind_of(name);
        if (kind.empty() || kind == "auto" || is_number(kind)) {
            throw refuse(fmt::format("\"{}\" names none", name));
        }
        if (name == kind && kind != "cpu") {
            name += ":0";
        }
        if (!devices.empty() && kind != kind_of(devices.front())) {
            throw refuse(
                "there are two kinds, between which a film would change from shot to shot");
        }
        if (kind != "cpu" && std::find(devices.begin(), devices.end(), name) != devices.end()) {
            throw refuse(fmt::format("{} is there twice", name));
        }
        devices.push_back(name);
    }
    return devices;
}

} // namespace oldfilm::job

#include "engine.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace cli {
namespace {

/// A function of a part of this program, which is found by the program's own run path. That is
/// relative to it, so that the installed tree can be moved.
template <class Function>
Function* loaded(const char* library, const char* symbol, const char* remedy) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void* found = handle == nullptr ? nullptr : dlsym(handle, symbol);
    if (found == nullptr) {
        throw std::runtime_error(std::string("a part of this program cannot be loaded (") +
                                 dlerror() + "); " + remedy);
    }
    return reinterpret_cast<Function*>(found);
}

} // namespace

const Engine& engine() {
    static const Engine* const table =
        loaded<const Engine*()>(OLDFILM_CLI_ENGINE, "oldfilm_cli_engine",
                                "install oldfilm again, together with its LibTorch")();
    return *table;
}

int check_plugin(const CheckPluginArguments& arguments) {
    return loaded<int(const CheckPluginArguments&)>(
        OLDFILM_CLI_CHECK, "oldfilm_cli_check_plugin",
        "build it with ./setup.sh build, or install oldfilm again, together with its LibTorch")(
        arguments);
}

namespace {

constexpr const char* how_to_get_review =
    "install libcpp-httplib-dev and libopencv-dev and build oldfilm again, or install it with all "
    "of its parts";

} // namespace

int review_project(const ReviewArguments& arguments) {
    return loaded<int(const ReviewArguments&)>(OLDFILM_CLI_REVIEW, "oldfilm_cli_review",
                                               how_to_get_review)(arguments);
}

int report_project(const ReportArguments& arguments) {
    return loaded<int(const ReportArguments&)>(OLDFILM_CLI_REVIEW, "oldfilm_cli_report",
                                               how_to_get_review)(arguments);
}

} // namespace cli

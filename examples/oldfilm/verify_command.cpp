#include "commands.hpp"
#include "exit_status.hpp"

#include <oldfilm/project.hpp>
#include <oldfilm/verification.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

void print(const oldfilm::Verification& found) {
    const auto list = [](const char* name, const std::vector<std::string>& sentences) {
        for (const std::string& sentence : sentences) {
            fmt::print("{:11} {}\n", name, sentence);
        }
    };
    list("proved", found.proved);
    list("not proved", found.unproved);
    list("WRONG", found.wrong);
}

nlohmann::ordered_json json_of(const oldfilm::Verification& found) {
    return {{"frames", found.frames},     {"pixels", found.samples},  {"equal", found.equal},
            {"repaired", found.repaired}, {"changed", found.changed}, {"proved", found.proved},
            {"unproved", found.unproved}, {"wrong", found.wrong}};
}

} // namespace

int verify(const VerifyArguments& arguments) {
    return guarded(failure_status, [&]() -> int {
        const oldfilm::Verification found =
            oldfilm::verify(oldfilm::Project::open(arguments.project), arguments.source,
                            arguments.result, arguments.stop);
        if (arguments.json) {
            fmt::print("{}\n", json_of(found).dump(2));
        } else {
            print(found);
        }
        return !found.wrong.empty() ? failed : !found.unproved.empty() ? done_with_damage : done;
    });
}

} // namespace cli

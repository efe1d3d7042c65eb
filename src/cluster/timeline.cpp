#include "cluster/timeline.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace oldfilm::cluster {

using nlohmann::json;

json timeline_json(const std::vector<Rational>& times) {
    json runs = json::array();
    for (std::size_t first = 0; first < times.size();) {
        std::size_t next = first + 1;
        const Rational step = next < times.size() ? times[next] - times[first] : Rational();
        while (next < times.size() && times[next] - times[next - 1] == step) {
            ++next;
        }
        runs.push_back({times[first].to_string(), step.to_string(), next - first});
        first = next;
    }
    return runs;
}

std::vector<Rational> timeline_from(const json& runs) {
    std::vector<Rational> times;
    for (const json& run : runs) {
        Rational time = Rational::parse(run.at(0).get<std::string>());
        const Rational step = Rational::parse(run.at(1).get<std::string>());
        for (auto left = run.at(2).get<std::size_t>(); left > 0; --left) {
            times.push_back(time);
            time = time + step;
        }
    }
    return times;
}

} // namespace oldfilm::cluster

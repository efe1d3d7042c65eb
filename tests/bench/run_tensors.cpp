// Runs a model package on tensors from a folder, as peers.py does with other runtimes:
// run_tensors PACKAGE FOLDER PRECISION SECONDS
//
// FOLDER/inputs.json is [[1, 3, 368, 480], ...]; input-0.f32 ... hold the values. Writes
// output-0.f32
// ... there, and prints {"median": s, "best": s, "calls": n, "precision": name} on one line.
#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/process.hpp>

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

std::vector<at::Tensor> read_inputs(const std::string& folder) {
    std::ifstream list(folder + "/inputs.json");
    std::vector<at::Tensor> inputs;
    for (const auto& shape : nlohmann::json::parse(list)) {
        at::Tensor tensor = at::empty(shape.get<std::vector<std::int64_t>>(), at::kFloat);
        std::ifstream values(fmt::format("{}/input-{}.f32", folder, inputs.size()),
                             std::ios::binary);
        values.read(static_cast<char*>(tensor.data_ptr()),
                    static_cast<std::streamsize>(tensor.nbytes()));
        inputs.push_back(std::move(tensor));
    }
    return inputs;
}

void write_outputs(const std::string& folder, const std::vector<at::Tensor>& outputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const at::Tensor values = outputs[i].contiguous();
        std::ofstream(fmt::format("{}/output-{}.f32", folder, i), std::ios::binary)
            .write(static_cast<const char*>(values.data_ptr()),
                   static_cast<std::streamsize>(values.nbytes()));
    }
}

/// With OPERATIONS set, what each of LibTorch's operations took by itself, in all calls after the
/// first: on standard error, the most costly first.
class Operations {
  public:
    Operations() {
        at::addGlobalCallback(
            at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::FUNCTION}));
    }
    static void tell(std::size_t calls) {
        std::vector<std::pair<double, std::string>> rows;
        for (const auto& [name, seconds] : sums()) {
            rows.emplace_back(seconds / static_cast<double>(calls), name);
        }
        std::sort(rows.rbegin(), rows.rend());
        for (const auto& [seconds, name] : rows) {
            if (seconds > 5e-5) {
                fmt::print(stderr, "{:9.2f} ms  {}\n", seconds * 1e3, name);
            }
        }
    }

  private:
    using Clock = std::chrono::steady_clock;
    struct Open {
        std::string name;
        Clock::time_point start;
        double inner = 0;
    };
    static std::map<std::string, double>& sums() {
        static std::map<std::string, double> all;
        return all;
    }
    static std::vector<Open>& open() {
        thread_local std::vector<Open> stack;
        return stack;
    }
    static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
        open().push_back({function.name(), Clock::now()});
        return nullptr;
    }
    static void end(const at::RecordFunction& /*function*/, at::ObserverContext* /*context*/) {
        const Open one = open().back();
        open().pop_back();
        const double all = std::chrono::duration<double>(Clock::now() - one.start).count();
        sums()[one.name] += all - one.inner;
        if (!open().empty()) {
            open().back().inner += all;
        }
    }
};

} // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        fmt::print(stderr, "usage: {} PACKAGE FOLDER PRECISION SECONDS\n", arguments[0]);
        return 2;
    }
    try {
        oldfilm::pool_memory(); // as `oldfilm restore` does
        oldfilm::ModelOptions options;
        options.precision = oldfilm::parse_precision(arguments[3]);
        if (const char* side = std::getenv("TILE")) {
            options.tile = std::atoi(side);
        }
        const auto model = oldfilm::Model::open(arguments[1], "", options);
        const auto inputs = read_inputs(arguments[2]);
        write_outputs(arguments[2], model->run(inputs));
        std::optional<Operations> operations;
        if (std::getenv("OPERATIONS") != nullptr) {
            operations.emplace();
        }
        const double limit = std::atof(arguments[4]);
        using Clock = std::chrono::steady_clock;
        const auto begin = Clock::now();
        std::vector<double> times;
        while (times.size() < 3 ||
               std::chrono::duration<double>(Clock::now() - begin).count() < limit) {
            const auto start = Clock::now();
            static_cast<void>(model->run(inputs));
            times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
        }
        if (operations) {
            Operations::tell(times.size());
        }
        std::sort(times.begin(), times.end());
        fmt::print("{}\n", nlohmann::json{{"median", times[times.size() / 2]},
                                          {"best", times.front()},
                                          {"calls", times.size()},
                                          {"precision", oldfilm::to_string(model->precision())}}
                               .dump());
    } catch (const oldfilm::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}

#pragma once
/// \file
/// What stages ask of their models, call by call, to be done again without the stages.

#include <oldfilm/model.hpp>

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Models that were opened, and every call of them in order, with the very tensors.
struct Recording {
    struct Opened {
        std::string path, task;
        oldfilm::ModelOptions options;
    };
    struct Call {
        std::size_t model = 0;
        std::vector<at::Tensor> inputs;
    };
    std::vector<Opened> models;
    std::vector<Call> calls;
};

/// From here on, on any thread, until `recorded`.
void start_recording();
Recording recorded();

/// Seconds spent inside `Model::run` since the program began, by whoever called it.
double seconds_in_models();

struct ModelTimes {
    double load = 0, run = 0;              ///< seconds
    std::map<std::string, double> by_task; ///< what `run` is made of
};
/// Opens the models anew, from their files, and makes the same calls in the same order.
ModelTimes replay(const Recording& recording);

} // namespace bench

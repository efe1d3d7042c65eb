/// \file
/// Runs a model package on tensors from a file, as a stage would, in float32.
///
///     run_package PACKAGE TENSORS.in TENSORS.out
///
/// A tensor file: for each tensor its number of dimensions, its sizes (int64), its values
/// (float32), in the processor's byte order. All inputs of a call, call after call; all outputs
/// likewise.

#include <oldfilm/model.hpp>

#include <ATen/ATen.h>

#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace {

template <class T>
bool read(std::istream& file, T* values, std::size_t count) {
    // The stream's interface is bytes.
    return static_cast<bool>(
        file.read(reinterpret_cast<char*>(values), // NOLINT(*-reinterpret-cast)
                  static_cast<std::streamsize>(count * sizeof(T))));
}

template <class T>
void write(std::ostream& file, const T* values, std::size_t count) {
    file.write(reinterpret_cast<const char*>(values), // NOLINT(*-reinterpret-cast)
               static_cast<std::streamsize>(count * sizeof(T)));
}

/// Undefined at the end of the file.
at::Tensor next(std::istream& file) {
    std::int64_t dimensions = 0;
    if (!read(file, &dimensions, 1)) {
        return {};
    }
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(dimensions));
    if (!read(file, sizes.data(), sizes.size())) {
        throw std::runtime_error("the tensors' file is cut short");
    }
    at::Tensor tensor = at::empty(sizes, at::kFloat);
    if (!read(file, tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()))) {
        throw std::runtime_error("the tensors' file is cut short");
    }
    return tensor;
}

void run(const char* package, const char* from, const char* to) {
    oldfilm::ModelOptions options;
    options.precision = oldfilm::Precision::float32;
    const auto model = oldfilm::Model::open(package, "", options);
    std::ifstream source(from, std::ios::binary);
    std::ofstream sink(to, std::ios::binary);
    for (at::Tensor first = next(source); first.defined(); first = next(source)) {
        std::vector<at::Tensor> inputs{first};
        while (inputs.size() < model->manifest().inputs.size()) {
            inputs.push_back(next(source));
        }
        for (const at::Tensor& output : model->run(inputs)) {
            const at::Tensor flat = output.contiguous();
            const std::int64_t dimensions = flat.dim();
            write(sink, &dimensions, 1);
            write(sink, flat.sizes().data(), flat.sizes().size());
            write(sink, flat.data_ptr<float>(), static_cast<std::size_t>(flat.numel()));
        }
    }
    if (!sink) {
        throw std::runtime_error("the outputs could not be written");
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::cerr << "usage: run_package PACKAGE TENSORS.in TENSORS.out\n";
        return 2;
    }
    run(argv[1], argv[2], argv[3]);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}

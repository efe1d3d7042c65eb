#include "torchscript/row_program.hpp"

#include "torchscript/row_kernels.hpp"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

#include <memory>

namespace oldfilm {
namespace {

RowMemory memory_of(const RowPlace& place, const at::Tensor& tensor) {
    const auto stride = [&](std::int64_t dimension) {
        return dimension < 0 ? 0 : tensor.stride(dimension);
    };
    RowMemory memory;
    memory.data = static_cast<char*>(tensor.data_ptr());
    for (std::size_t d = 0; d < place.at.size(); ++d) {
        memory.data += place.at[d] * tensor.stride(static_cast<std::int64_t>(d)) *
                       static_cast<std::int64_t>(tensor.element_size());
    }
    memory.row_stride = place.row_stride != 0 ? place.row_stride : stride(place.row_dimension);
    memory.column_stride = place.row_stride != 0 ? 1 : stride(place.column_dimension);
    memory.step = place.step;
    memory.first = place.first;
    memory.last = place.last;
    memory.bfloat16 = tensor.scalar_type() == at::kBFloat16;
    return memory;
}

std::vector<RowMemory> memories(const std::vector<RowPlace>& places,
                                const std::vector<at::Tensor>& tensors) {
    std::vector<RowMemory> result;
    result.reserve(places.size());
    for (const RowPlace& place : places) {
        result.push_back(memory_of(place, tensors[place.tensor]));
    }
    return result;
}

/// Calls f(begin, end) for parts of [0, count), on the threads that LibTorch's own operations run
/// on: a second team would wait for the same cores.
template <class F>
void share(std::int64_t count, F f) {
    const at::Tensor numbers = at::empty({count}, at::kByte);
    auto iterator = at::TensorIterator::borrowing_nullary_op(numbers);
    const char* first = static_cast<const char*>(numbers.data_ptr());
    iterator.for_each(
        [&](char** data, const std::int64_t* /*strides*/, std::int64_t length, std::int64_t) {
            const std::int64_t begin = data[0] - first;
            f(begin, begin + length);
        },
        1);
}

} // namespace

std::vector<at::Tensor> RowProgram::run(const std::vector<at::Tensor>& tensors) const {
    TORCH_CHECK(tensors.size() == inputs.size(), "a row program was given other inputs");
    std::vector<at::Tensor> read = tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        TORCH_CHECK(tensors[i].sizes() == at::IntArrayRef(inputs[i].sizes) &&
                        tensors[i].scalar_type() == inputs[i].type && tensors[i].is_cpu(),
                    "a row program was made for other sizes");
        if (inputs[i].channels_last) {
            read[i] = tensors[i].contiguous(at::MemoryFormat::ChannelsLast);
        }
    }
    std::vector<at::Tensor> made;
    made.reserve(outputs.size());
    for (const Picture& output : outputs) {
        made.push_back(at::empty(output.sizes, at::TensorOptions(output.type),
                                 output.channels_last ? at::MemoryFormat::ChannelsLast
                                                      : at::MemoryFormat::Contiguous));
    }
    const auto from = memories(loads, read);
    const auto to = memories(stores, made);
    share(blocks, [&](std::int64_t begin, std::int64_t end) {
        const auto memory = std::make_unique_for_overwrite<float[]>( // NOLINT: no zeros needed
            static_cast<std::size_t>(registers * register_length));
        run_rows(*this, from, to, begin, end, memory.get());
    });
    return made;
}

} // namespace oldfilm

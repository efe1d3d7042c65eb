#pragma once
/// \file
/// Writes a row program for a group of a graph's nodes.

#include "torchscript/row_nodes.hpp"
#include "torchscript/row_program.hpp"

#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace oldfilm {

/// A row is named by its value, its index in the leading dimensions and its number in the block.
/// Each is computed once and kept in a register until its last use.
class RowCompiler {
  public:
    using Members = std::unordered_set<const torch::jit::Node*>;

    /// `flat`: see `can_be_flat`.
    RowCompiler(const Members& members, bool flat);
    /// Whether all of the group's tensors are of one size, of so many channels that these lie side
    /// by side in memory, and no element meets another: rows are then any run of elements.
    static bool can_be_flat(const Members& members);
    /// Makes a value an output. Throws NotFusable.
    void output(torch::jit::Value* value, bool channels_last);
    /// Throws NotFusable when the program would be too large for the caches.
    RowProgram finish();
    /// What the program's inputs are, in their order.
    [[nodiscard]] const std::vector<torch::jit::Value*>& inputs() const noexcept { return inputs_; }

  private:
    using Index = std::vector<std::int64_t>;
    struct Row {
        std::int32_t number = -1; ///< register
        std::int64_t from = 0, length = 0;
    };
    /// Where a value's elements go in an output.
    struct Place {
        std::size_t tensor = 0;
        Index at;
        std::vector<std::int64_t> dimensions; ///< of the output, for each of the value's
    };

    Row row(torch::jit::Value* value, const Index& lead, std::int64_t number);
    [[nodiscard]] Index shape(const torch::jit::Value& value) const;
    Row made(torch::jit::Value* value, const Index& lead, std::int64_t number);
    Row through_view(torch::jit::Value* value, const Index& lead, std::int64_t number);
    Row operand(torch::jit::Value* of, torch::jit::Value* in, const Index& lead,
                std::int64_t number);
    Row binary(torch::jit::Node& node, RowOp op, const Index& lead, std::int64_t number);
    Row unary(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row reduced(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row softmax(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row joined(torch::jit::Node& node, Index lead, std::int64_t number);
    Row product(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row shuffled(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row padded(torch::jit::Node& node, const Index& lead, std::int64_t number);
    Row loaded(torch::jit::Value* value, const Index& lead, std::int64_t number);
    Row loaded_from(torch::jit::Value* value, const Index& lead, std::int64_t number,
                    std::int64_t step);

    Row whole_row(std::int64_t length);

    void put(torch::jit::Value* value, const Place& place);
    void put_rows(torch::jit::Value* value, const Place& place, std::int64_t factor);
    std::size_t input(torch::jit::Value* value);
    std::int32_t fresh() { return registers_++; }
    Row emit(RowInstruction instruction);
    Row with(RowOp op, const Row& a, float x, float y = 0);
    Row with(RowOp op, const Row& a, const Row& b);

    const Members& members_;
    bool flat_ = false;
    RowProgram program_;
    std::vector<torch::jit::Value*> inputs_;
    std::map<std::tuple<const torch::jit::Value*, Index, std::int64_t>, Row> known_;
    std::int64_t block_ = 1; ///< rows in a block
    std::int32_t registers_ = 0;
};

} // namespace oldfilm

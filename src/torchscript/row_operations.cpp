// What each kind of node comes to in rows.
#include "torchscript/row_compiler.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace oldfilm {

using namespace rows; // NOLINT: the compiler's own words

namespace {

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

} // namespace

RowCompiler::Row RowCompiler::made(Value* value, const Index& lead, std::int64_t number) {
    Node& node = *value->node();
    const bool rounds = fact_of(*value)->type == at::kBFloat16;
    const auto rounded = [&](const Row& result) {
        return rounds ? with(RowOp::round_bfloat16, result, 0) : result;
    };
    if (among(binaries, node)) {
        const RowOp op = is(node, "aten::add")   ? RowOp::add
                         : is(node, "aten::sub") ? RowOp::subtract
                         : is(node, "aten::mul") ? RowOp::multiply
                                                 : RowOp::divide;
        return rounded(binary(node, op, lead, number));
    }
    if (among(passing, node)) {
        const Row result = row(node.input(0), lead, number);
        return fact_of(*node.input(0))->type == at::kFloat ? rounded(result) : result;
    }
    if (among(unaries, node)) {
        return rounded(unary(node, lead, number));
    }
    if (among(reductions, node)) {
        return reduced(node, lead, number);
    }
    if (is(node, "aten::softmax")) {
        return softmax(node, lead, number);
    }
    if (is(node, "aten::cat") || is(node, "aten::stack")) {
        return joined(node, lead, number);
    }
    if (is(node, "aten::einsum")) {
        return product(node, lead, number);
    }
    if (is(node, "aten::pixel_shuffle")) {
        return shuffled(node, lead, number);
    }
    if (is(node, "aten::pad")) {
        return padded(node, lead, number);
    }
    throw NotFusable("an operation whose rows are not its operand's");
}

RowCompiler::Row RowCompiler::binary(Node& node, RowOp op, const Index& lead,
                                     std::int64_t number_) {
    Value* out = node.output();
    const Row a = operand(node.input(0), out, lead, number_);
    const double scale = op == RowOp::add || op == RowOp::subtract ? *number(*node.input(2)) : 1.0;
    if (!is_tensor(*node.input(1))) {
        return with(op, a, static_cast<float>(*number(*node.input(1)) * scale));
    }
    Row b = operand(node.input(1), out, lead, number_);
    if (scale != 1.0) {
        b = with(RowOp::multiply, b, static_cast<float>(scale));
    }
    return with(op, a, b);
}

RowCompiler::Row RowCompiler::unary(Node& node, const Index& lead, std::int64_t number_) {
    const Row a = row(node.input(0), lead, number_);
    const auto argument = [&](std::size_t i, float otherwise) {
        const auto known = number(*node.input(i));
        return known ? static_cast<float>(*known) : otherwise;
    };
    constexpr float most = std::numeric_limits<float>::infinity();
    if (is(node, "aten::neg")) {
        return with(RowOp::negate, a, 0);
    }
    if (is(node, "aten::abs")) {
        return with(RowOp::absolute, a, 0);
    }
    if (is(node, "aten::relu")) {
        return with(RowOp::leaky_relu, a, 0);
    }
    if (is(node, "aten::leaky_relu")) {
        return with(RowOp::leaky_relu, a, argument(1, 0.01F));
    }
    if (is(node, "aten::sigmoid")) {
        return with(RowOp::sigmoid, a, 0);
    }
    if (is(node, "aten::clamp")) {
        return with(RowOp::clamp, a, argument(1, -most), argument(2, most));
    }
    if (is(node, "aten::clamp_min")) {
        return with(RowOp::clamp, a, argument(1, -most), most);
    }
    if (is(node, "aten::clamp_max")) {
        return with(RowOp::clamp, a, -most, argument(1, most));
    }
    // rsub: number - a * alpha
    if (argument(2, 1) != 1.0F) {
        throw NotFusable("a difference of another kind");
    }
    return with(RowOp::add, with(RowOp::negate, a, 0), argument(1, 0));
}

RowCompiler::Row RowCompiler::reduced(Node& node, const Index& lead, std::int64_t number_) {
    Value* of = node.input(0);
    const Index from = sizes_of(*of);
    Index summed = *integers(*node.input(1));
    for (std::int64_t& dimension : summed) {
        dimension += dimension < 0 ? rank(from) : 0;
    }
    std::sort(summed.begin(), summed.end());
    const bool keeps = rank(sizes_of(*node.output())) == rank(from);
    Index index = lead, counts;
    for (const std::int64_t dimension : summed) {
        if (!keeps) {
            index.insert(index.begin() + dimension, 0);
        }
        counts.push_back(from[static_cast<std::size_t>(dimension)]);
    }
    const RowOp op = is(node, "aten::amax")   ? RowOp::maximum
                     : is(node, "aten::amin") ? RowOp::minimum
                                              : RowOp::add;
    const std::int64_t count = rows::product(counts);
    Row result;
    for (std::int64_t i = 0; i < count; ++i) {
        const Index part = unflattened(i, counts);
        for (std::size_t d = 0; d < part.size(); ++d) {
            index[static_cast<std::size_t>(summed[d])] = part[d];
        }
        const Row next = row(of, index, number_);
        result = i == 0 ? next : with(op, result, next);
    }
    return is(node, "aten::mean") ? with(RowOp::divide, result, static_cast<float>(count)) : result;
}

RowCompiler::Row RowCompiler::softmax(Node& node, const Index& lead, std::int64_t number_) {
    Value* of = node.input(0);
    const Index from = sizes_of(*of);
    const auto dimension =
        static_cast<std::size_t>(*lead_dimension(*integer(*node.input(1)), rank(from)));
    Index index = lead;
    std::vector<Row> parts;
    for (index[dimension] = 0; index[dimension] < from[dimension]; ++index[dimension]) {
        parts.push_back(row(of, index, number_));
    }
    Row greatest = parts.front(), sum;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        greatest = with(RowOp::maximum, greatest, parts[i]);
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i] = with(RowOp::exponential, with(RowOp::subtract, parts[i], greatest), 0);
        sum = i == 0 ? parts[i] : with(RowOp::add, sum, parts[i]);
    }
    Row result;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        index[dimension] = static_cast<std::int64_t>(i);
        const Row share = with(RowOp::divide, parts[i], sum);
        known_.insert_or_assign(
            std::make_tuple(static_cast<const Value*>(node.output()), index, number_), share);
        result = index == lead ? share : result;
    }
    return result;
}

RowCompiler::Row RowCompiler::joined(Node& node, Index lead, std::int64_t number_) {
    const auto parts = listed(node);
    const std::int64_t all = rank(sizes_of(*node.output()));
    const auto dimension = lead_dimension(*integer(*node.input(1)), all);
    if (!dimension) {
        throw NotFusable("components side by side are read");
    }
    const auto d = static_cast<std::size_t>(*dimension);
    if (is(node, "aten::stack")) {
        Value* part = parts[static_cast<std::size_t>(lead[d])];
        lead.erase(lead.begin() + *dimension);
        return row(part, lead, number_);
    }
    for (Value* part : parts) {
        const std::int64_t count = sizes_of(*part)[d];
        if (lead[d] < count) {
            return row(part, lead, number_);
        }
        lead[d] -= count;
    }
    throw NotFusable("a row beyond the parts");
}

RowCompiler::Row RowCompiler::product(Node& node, const Index& lead, std::int64_t number_) {
    const Product what = *product_of(node);
    Value* of = node.input(1)->node()->input(1);
    const auto d = what.to.find(what.made);
    const auto* matrix = what.matrix.const_data_ptr<float>();
    const std::int64_t inputs = what.matrix.size(1);
    Index index = lead;
    Row result;
    for (std::int64_t j = 0; j < inputs; ++j) {
        index[d] = j;
        const Row part =
            with(RowOp::multiply, row(of, index, number_), matrix[lead[d] * inputs + j]);
        result = j == 0 ? part : with(RowOp::add, result, part);
    }
    return result;
}

/// pixel_shuffle: columns come from the channels in turn.
RowCompiler::Row RowCompiler::shuffled(Node& node, const Index& lead, std::int64_t number) {
    Value* of = node.input(0);
    if (members_.contains(root_of(of)->node()) || root_of(of) != of || lead.empty()) {
        throw NotFusable("a shuffle of what is not in memory");
    }
    const std::int64_t factor = *integer(*node.input(1));
    const std::int64_t line = floor_division(number, factor);
    Index index = lead;
    Row result{fresh(), 0, sizes_of(*node.output()).back()};
    for (std::int64_t i = 0; i < factor; ++i) {
        index.back() = (lead.back() * factor + number - line * factor) * factor + i;
        loaded_from(of, index, line, block_ / factor);
        RowInstruction& what = program_.code.back();
        what.to = result.number;
        what.from = i;
        what.stride = factor;
    }
    return result;
}

RowCompiler::Row RowCompiler::padded(Node& node, const Index& lead, std::int64_t number) {
    Seen seen{node.input(0), lead, number, 0};
    while (row_view(*seen.value->node()) && !is(*seen.value->node(), "aten::expand")) {
        seen = viewed(std::move(seen));
    }
    if (members_.contains(seen.value->node()) || row_view(*seen.value->node()) ||
        sizes_of(*seen.value).back() != sizes_of(*node.input(0)).back() ||
        height(sizes_of(*seen.value)) != height(sizes_of(*node.input(0)))) {
        throw NotFusable("edges of what is not in memory as it is");
    }
    const Index sides = *integers(*node.input(1)); // left, right, above, below
    Row result = loaded_from(seen.value, seen.lead, number - sides[2], block_);
    RowInstruction& what = program_.code.back();
    result.number = what.to = fresh();
    what.before = sides[0];
    what.after = sides[1];
    result.length += sides[0] + sides[1];
    return result;
}

} // namespace oldfilm

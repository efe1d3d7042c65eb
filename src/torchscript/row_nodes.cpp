#include "torchscript/row_nodes.hpp"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace oldfilm {
namespace rows {

std::int64_t rank(const Index& sizes) {
    return static_cast<std::int64_t>(sizes.size());
}

Index sizes_of(const Value& value) {
    const auto fact = fact_of(value);
    if (!fact || fact->sizes.size() < 2) {
        throw NotFusable("a value without rows");
    }
    return fact->sizes;
}

std::int64_t height(const Index& sizes) {
    return sizes[sizes.size() - 2];
}

Index leading(const Index& sizes) {
    return {sizes.begin(), sizes.end() - 2};
}

std::optional<double> number(const Value& value) {
    const auto known = torch::jit::toIValue(&value);
    return known && known->isScalar() ? std::optional(known->toScalar().toDouble()) : std::nullopt;
}

bool is_none(const Value& value) {
    const auto known = torch::jit::toIValue(&value);
    return known && known->isNone();
}

std::optional<std::int64_t> integer(const Value& value) {
    const auto known = torch::jit::toIValue(&value);
    return known && known->isInt() ? std::optional(known->toInt()) : std::nullopt;
}

std::optional<std::int64_t> lead_dimension(std::int64_t dimension, std::int64_t dimensions) {
    dimension += dimension < 0 ? dimensions : 0;
    return dimension >= 0 && dimension < dimensions - 2 ? std::optional(dimension) : std::nullopt;
}

std::vector<Value*> listed(Node& node) {
    Node& list = *node.input(0)->node();
    return is(list, "prim::ListConstruct") ? list.inputs().vec() : std::vector<Value*>{};
}

std::optional<Product> product_of(Node& node) {
    if (!is(node, "aten::einsum")) {
        return std::nullopt;
    }
    const auto equation = torch::jit::toIValue(node.input(0));
    Node& list = *node.input(1)->node();
    if (!equation || !equation->isString() || !is(list, "prim::ListConstruct") ||
        list.inputs().size() != 2) {
        return std::nullopt;
    }
    const auto matrix = torch::jit::toIValue(list.input(0));
    std::string text = equation->toStringRef();
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    const auto comma = text.find(','), arrow = text.find("->");
    if (!matrix || !matrix->isTensor() || matrix->toTensor().dim() != 2 || comma != 2 ||
        arrow == std::string::npos || matrix->toTensor().scalar_type() != at::kFloat) {
        return std::nullopt;
    }
    Product product{matrix->toTensor(), text.substr(3, arrow - 3), text.substr(arrow + 2), 0, 0};
    const auto in = [](const std::string& where, char what) {
        return where.find(what) != std::string::npos;
    };
    const bool transposed = in(product.of, text[0]);
    product.summed = text[transposed ? 0 : 1];
    product.made = text[transposed ? 1 : 0];
    product.matrix = (transposed ? product.matrix.t() : product.matrix).contiguous();
    std::string expected = product.of;
    if (!in(product.of, product.summed) || in(product.of, product.made) || expected.size() < 3) {
        return std::nullopt;
    }
    const auto place = expected.find(product.summed);
    expected[place] = product.made;
    return place + 2 < expected.size() && expected == product.to ? std::optional(product)
                                                                 : std::nullopt;
}

bool stated(const Value& value) {
    const auto fact = fact_of(value);
    return fact && (fact->type == at::kFloat || fact->type == at::kBFloat16);
}

Index unflattened(std::int64_t flat, const Index& sizes) {
    Index index(sizes.size());
    for (std::size_t d = sizes.size(); d-- > 0;) {
        index[d] = flat % sizes[d];
        flat /= sizes[d];
    }
    return index;
}

std::int64_t flattened(const Index& index, const Index& sizes) {
    std::int64_t flat = 0;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
        flat = flat * sizes[d] + index[d];
    }
    return flat;
}

std::int64_t product(const Index& sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

Seen viewed(Seen seen) {
    Node& node = *seen.value->node();
    const Index from = sizes_of(*node.input(0)), to = sizes_of(*seen.value);
    seen.value = node.input(0);
    if (is(node, "aten::select")) {
        const std::int64_t dimension = *lead_dimension(*integer(*node.input(1)), rank(from));
        const std::int64_t place = *integer(*node.input(2));
        seen.lead.insert(seen.lead.begin() + dimension,
                         place < 0 ? place + from[static_cast<std::size_t>(dimension)] : place);
    } else if (is(node, "aten::unsqueeze")) {
        seen.lead.erase(seen.lead.begin() + *lead_dimension(*integer(*node.input(1)), rank(to)));
    } else if (is(node, "aten::slice")) {
        const auto d = static_cast<std::size_t>(*integer(*node.input(1)) +
                                                (*integer(*node.input(1)) < 0 ? rank(from) : 0));
        std::int64_t begin = is_none(*node.input(2)) ? 0 : *integer(*node.input(2));
        begin = std::clamp<std::int64_t>(begin < 0 ? begin + from[d] : begin, 0, from[d]);
        if (d < seen.lead.size()) {
            seen.lead[d] = begin + seen.lead[d] * *integer(*node.input(4));
        } else {
            (d + 1 == from.size() ? seen.column : seen.number) += begin;
        }
    } else {
        seen.lead = unflattened(flattened(seen.lead, leading(to)), leading(from));
    }
    return seen;
}

} // namespace rows

namespace {

using namespace rows; // NOLINT: this file's other half

bool same_rows(const Index& a, const Index& b) {
    return std::equal(a.end() - 2, a.end(), b.end() - 2);
}

bool constant_numbers(Node& node, std::size_t from) {
    for (std::size_t i = from; i < node.inputs().size(); ++i) {
        if (!torch::jit::toIValue(node.input(i))) {
            return false;
        }
    }
    return true;
}

bool is_binary(Node& node) {
    if (!among(binaries, node) ||
        node.inputs().size() != (is(node, "aten::add") || is(node, "aten::sub") ? 3U : 2U)) {
        return false;
    }
    return stated(*node.input(0)) &&
           (is_tensor(*node.input(1)) ? stated(*node.input(1))
                                      : number(*node.input(1)).has_value()) &&
           constant_numbers(node, 2);
}

bool is_reduction(Node& node) {
    const auto dimensions = integers(*node.input(1));
    const std::int64_t all = rank(sizes_of(*node.input(0)));
    return dimensions && !dimensions->empty() && constant_numbers(node, 1) &&
           (node.inputs().size() < 4 || is_none(*node.input(3))) &&
           std::all_of(dimensions->begin(), dimensions->end(),
                       [&](std::int64_t d) { return lead_dimension(d, all).has_value(); });
}

bool is_joining(Node& node) {
    const bool stack = is(node, "aten::stack");
    const auto parts = listed(node);
    const auto dimension = integer(*node.input(1));
    if (parts.empty() || !dimension ||
        !std::all_of(parts.begin(), parts.end(), [](Value* part) { return stated(*part); })) {
        return false;
    }
    const Index sizes = sizes_of(*parts.front());
    const std::int64_t all = rank(sizes) + (stack ? 1 : 0);
    // Components of one pixel side by side, as grids have them, can be written so, not read.
    return lead_dimension(*dimension, all) || (stack && (*dimension + all) % all == all - 1);
}

bool is_padding(Node& node) {
    const auto sides = integers(*node.input(1));
    const auto mode = torch::jit::toIValue(node.input(2));
    return sides && sides->size() == 4 && mode && mode->isString() &&
           mode->toStringRef() == "replicate" &&
           std::all_of(sides->begin(), sides->end(), [](std::int64_t side) { return side >= 0; });
}

bool known_operation(Node& node) {
    if (among(binaries, node)) {
        return is_binary(node);
    }
    if (among(unaries, node)) {
        return stated(*node.input(0)) &&
               std::all_of(node.inputs().begin() + 1, node.inputs().end(),
                           [](Value* v) { return number(*v) || is_none(*v); });
    }
    if (among(passing, node)) {
        return stated(*node.input(0)) && constant_numbers(node, 1);
    }
    if (among(reductions, node)) {
        return stated(*node.input(0)) && is_reduction(node);
    }
    if (is(node, "aten::softmax")) {
        const auto dimension = integer(*node.input(1));
        return stated(*node.input(0)) && dimension && is_none(*node.input(2)) &&
               lead_dimension(*dimension, rank(sizes_of(*node.input(0))));
    }
    if (is(node, "aten::cat") || is(node, "aten::stack")) {
        return is_joining(node);
    }
    if (is(node, "aten::pixel_shuffle") || is(node, "aten::pixel_unshuffle")) {
        return stated(*node.input(0)) && integer(*node.input(1));
    }
    if (is(node, "aten::pad")) {
        return stated(*node.input(0)) && is_padding(node);
    }
    return product_of(node) && stated(*node.input(1)->node()->input(1));
}

} // namespace

bool row_operation(Node& node) {
    if (node.outputs().size() != 1 || !is_tensor(*node.output()) || !stated(*node.output()) ||
        node.inputs().empty()) {
        return false;
    }
    try {
        const Index sizes = sizes_of(*node.output());
        const bool moves = among(passing, node) || is(node, "aten::cat") ||
                           is(node, "aten::stack") || is(node, "aten::pixel_shuffle") ||
                           is(node, "aten::pixel_unshuffle");
        return (moves || among(binaries, node) || among(unaries, node) ||
                fact_of(*node.output())->type == at::kFloat) &&
               product(leading(sizes)) <= most_planes && known_operation(node);
    } catch (const NotFusable&) {
        return false;
    }
}

bool row_view(Node& node) {
    if (node.outputs().size() != 1 || node.inputs().empty() || !is_tensor(*node.output()) ||
        !is_tensor(*node.input(0)) || !constant_numbers(node, 1)) {
        return false;
    }
    try {
        const Index from = sizes_of(*node.input(0)), to = sizes_of(*node.output());
        if (is(node, "aten::select")) {
            return lead_dimension(*integer(*node.input(1)), rank(from)).has_value();
        }
        if (is(node, "aten::slice")) {
            const std::int64_t dimension = *integer(*node.input(1));
            return *integer(*node.input(4)) == 1 || lead_dimension(dimension, rank(from));
        }
        if (is(node, "aten::unsqueeze")) {
            return lead_dimension(*integer(*node.input(1)), rank(to)).has_value();
        }
        if (is(node, "aten::view") || is(node, "aten::reshape")) {
            return same_rows(from, to);
        }
        return is(node, "aten::expand");
    } catch (const NotFusable&) {
        return false;
    }
}

bool needs_memory(Node& node) {
    return is(node, "aten::pad") || is(node, "aten::pixel_shuffle");
}

Value* root_of(Value* value) {
    while (row_view(*value->node())) {
        value = value->node()->input(0);
    }
    return value;
}

} // namespace oldfilm

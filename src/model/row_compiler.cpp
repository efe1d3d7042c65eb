#include "model/row_compiler.hpp"

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Node;
using torch::jit::Value;
using Index = std::vector<std::int64_t>;

/// What a core's second cache holds beside what streams through it.
constexpr std::int64_t register_bytes = std::int64_t{768} << 10;
constexpr std::size_t most_instructions = 20000;
constexpr std::int64_t most_planes = 256;
/// Pictures have fewer channels.
constexpr std::int64_t least_flat_channels = 8;

std::int64_t rank(const Index& sizes) {
    return static_cast<std::int64_t>(sizes.size());
}

Index sizes_of(const Value& value) {
    const auto fact = fact_of(value);
    if (!fact || fact->sizes.size() < 2) {
        throw NotInRows("a value without rows");
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

std::optional<Index> integers(const Value& value) {
    const auto known = torch::jit::toIValue(&value);
    if (known && known->isIntList()) {
        return known->toIntVector();
    }
    if (known && known->isInt()) {
        return Index{known->toInt()};
    }
    return std::nullopt;
}

/// Counted from the front, of `dimensions`; nullopt when it isn't one that leads the rows.
std::optional<std::int64_t> lead_dimension(std::int64_t dimension, std::int64_t dimensions) {
    dimension += dimension < 0 ? dimensions : 0;
    return dimension >= 0 && dimension < dimensions - 2 ? std::optional(dimension) : std::nullopt;
}

std::vector<Value*> listed(Node& node) {
    Node& list = *node.input(0)->node();
    return is(list, "prim::ListConstruct") ? list.inputs().vec() : std::vector<Value*>{};
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, const Node& node) {
    return std::find(names.begin(), names.end(), std::string_view(node.kind().toQualString())) !=
           names.end();
}

constexpr std::array<std::string_view, 4> binaries{"aten::add", "aten::sub", "aten::mul",
                                                   "aten::div"};
constexpr std::array<std::string_view, 9> unaries{
    "aten::neg",   "aten::abs",       "aten::relu",      "aten::leaky_relu", "aten::sigmoid",
    "aten::clamp", "aten::clamp_min", "aten::clamp_max", "aten::rsub"};
/// Values pass unchanged but for their type.
constexpr std::array<std::string_view, 3> passing{"aten::to", "aten::contiguous", "aten::clone"};
constexpr std::array<std::string_view, 4> reductions{"aten::sum", "aten::mean", "aten::amax",
                                                     "aten::amin"};

/// "ij,ntjhw->ntihw": a matrix that is known, over a leading dimension of the other.
struct Product {
    at::Tensor matrix; ///< contiguous float32, outputs x inputs
    std::string of, to;
    char summed = 0, made = 0;
};

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

bool same_rows(const Index& a, const Index& b) {
    return std::equal(a.end() - 2, a.end(), b.end() - 2);
}

/// The index of a flat number.
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

/// A row by its value, its index, its number and its first column.
struct Seen {
    Value* value = nullptr;
    Index lead;
    std::int64_t number = 0, column = 0;
};

/// The same row in what the value is a view of; not for `expand`.
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

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -((b - 1 - a) / b);
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
    } catch (const NotInRows&) {
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
    } catch (const NotInRows&) {
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

bool RowCompiler::can_be_flat(const Members& members) {
    std::optional<Index> sizes;
    const auto fits = [&](const Value& value) {
        const auto fact = fact_of(value);
        const bool same = fact && fact->sizes.size() == 4 &&
                          fact->sizes[1] >= least_flat_channels &&
                          (!sizes || *sizes == fact->sizes);
        sizes = same ? std::optional(fact->sizes) : sizes;
        return same;
    };
    return std::all_of(members.begin(), members.end(), [&](const Node* node) {
        return (among(binaries, *node) || among(unaries, *node) || among(passing, *node)) &&
               fits(*node->output()) &&
               std::all_of(node->inputs().begin(), node->inputs().end(),
                           [&](const Value* input) { return !is_tensor(*input) || fits(*input); });
    });
}

/// Of a value's rows. Flat: any elements that follow one another, some kilobytes of them.
Index RowCompiler::shape(const Value& value) const {
    const Index sizes = sizes_of(value);
    if (!flat_) {
        return sizes;
    }
    const std::int64_t line = sizes[1] * sizes[3];
    std::int64_t length = std::min<std::int64_t>(line, 4096);
    while (line % length != 0) {
        --length;
    }
    return {sizes[0] * sizes[2] * (line / length), length};
}

RowCompiler::RowCompiler(const Members& members, bool flat) : members_(members), flat_(flat) {
    for (const Node* node : members) {
        if (is(*node, "aten::pixel_shuffle") || is(*node, "aten::pixel_unshuffle")) {
            block_ = std::lcm(block_, *integer(*node->input(1)));
        }
    }
}

std::size_t RowCompiler::input(Value* value) {
    const auto known = std::find(inputs_.begin(), inputs_.end(), value);
    if (known != inputs_.end()) {
        return static_cast<std::size_t>(known - inputs_.begin());
    }
    const auto fact = fact_of(*value);
    if (!fact || !stated(*value)) {
        throw NotInRows("an input of another type");
    }
    inputs_.push_back(value);
    program_.inputs.push_back({fact->sizes, fact->type, false});
    return inputs_.size() - 1;
}

RowCompiler::Row RowCompiler::emit(RowInstruction instruction) {
    if (program_.code.size() >= most_instructions) {
        throw NotInRows("too many rows");
    }
    instruction.to = fresh();
    program_.code.push_back(instruction);
    return {instruction.to, 0, instruction.length};
}

RowCompiler::Row RowCompiler::with(RowOp op, const Row& a, float x, float y) {
    RowInstruction what;
    what.op = op;
    what.a = a.number;
    what.a_from = a.from;
    what.x = x;
    what.y = y;
    what.length = a.length;
    return emit(what);
}

RowCompiler::Row RowCompiler::with(RowOp op, const Row& a, const Row& b) {
    RowInstruction what;
    what.op = op;
    what.a = a.number;
    what.a_from = a.from;
    what.b = b.number;
    what.b_from = b.from;
    what.length = a.length;
    return emit(what);
}

RowCompiler::Row RowCompiler::row(Value* value, const Index& lead, std::int64_t number) {
    if (height(shape(*value)) == 1) {
        number = 0;
    }
    const auto key = std::make_tuple(static_cast<const Value*>(value), lead, number);
    if (const auto known = known_.find(key); known != known_.end()) {
        return known->second;
    }
    const Row result = members_.contains(value->node()) ? made(value, lead, number)
                       : row_view(*value->node())       ? through_view(value, lead, number)
                                                        : loaded(value, lead, number);
    known_.emplace(key, result);
    return result;
}

RowCompiler::Row RowCompiler::through_view(Value* value, const Index& lead, std::int64_t number) {
    if (is(*value->node(), "aten::expand")) {
        return operand(value->node()->input(0), value, lead, number);
    }
    const Seen seen = viewed({value, lead, number, 0});
    Row result = row(seen.value, seen.lead, seen.number);
    result.from += seen.column;
    result.length = sizes_of(*value).back();
    return result;
}

/// A row of what takes part in `in`, broadcast to it.
RowCompiler::Row RowCompiler::operand(Value* of, Value* in, const Index& lead,
                                      std::int64_t number) {
    const auto fact = fact_of(*of);
    const Index to = shape(*in);
    Row result;
    if (fact && fact->sizes.size() < 2) { // few elements: the same in every row
        if (fact->elements() != 1) {
            throw NotInRows("a broadcast vector");
        }
        result = loaded(of, {}, 0);
    } else {
        const Index from = shape(*of);
        Index own(lead.end() - (rank(from) - 2), lead.end());
        for (std::size_t d = 0; d < own.size(); ++d) {
            own[d] = from[d] == 1 ? 0 : own[d];
        }
        result = row(of, own, height(from) == 1 ? 0 : number);
    }
    if (result.length == 1 && to.back() > 1) {
        RowInstruction what;
        what.op = RowOp::splat;
        what.a = result.number;
        what.a_from = result.from;
        what.length = to.back();
        result = emit(what);
    }
    return result;
}

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
    throw NotInRows("an operation whose rows are not its operand's");
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
        throw NotInRows("a difference of another kind");
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
    const std::int64_t count = oldfilm::product(counts);
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
        throw NotInRows("components side by side are read");
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
    throw NotInRows("a row beyond the parts");
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

RowCompiler::Row RowCompiler::loaded_from(Value* value, const Index& lead, std::int64_t number,
                                          std::int64_t step) {
    const auto fact = fact_of(*value);
    RowPlace place;
    place.tensor = input(value);
    if (flat_) {
        program_.inputs[place.tensor].channels_last = true;
        place.at.assign(fact->sizes.size(), 0);
        place.row_stride = shape(*value).back();
        place.step = step;
        place.first = number;
        place.last = height(shape(*value)) - 1;
        program_.loads.push_back(std::move(place));
        return whole_row(shape(*value).back());
    }
    const auto dimensions = rank(fact->sizes);
    place.at = lead;
    place.at.resize(fact->sizes.size(), 0);
    if (dimensions >= 2 && height(fact->sizes) > 1) {
        place.row_dimension = dimensions - 2;
        place.step = step;
        place.first = number;
        place.last = height(fact->sizes) - 1;
    }
    if (dimensions >= 1 && fact->sizes.back() > 1) {
        place.column_dimension = dimensions - 1;
    }
    program_.loads.push_back(std::move(place));
    return whole_row(dimensions == 0 ? 1 : fact->sizes.back());
}

/// Loads from the last place; the register is the caller's.
RowCompiler::Row RowCompiler::whole_row(std::int64_t length) {
    RowInstruction what;
    what.op = RowOp::load;
    what.place = program_.loads.size() - 1;
    what.length = length;
    program_.code.push_back(what);
    return {-1, 0, length};
}

RowCompiler::Row RowCompiler::loaded(Value* value, const Index& lead, std::int64_t number) {
    Row result = loaded_from(value, lead, number, block_);
    result.number = program_.code.back().to = fresh();
    return result;
}

/// pixel_shuffle: columns come from the channels in turn.
RowCompiler::Row RowCompiler::shuffled(Node& node, const Index& lead, std::int64_t number) {
    Value* of = node.input(0);
    if (members_.contains(root_of(of)->node()) || root_of(of) != of || lead.empty()) {
        throw NotInRows("a shuffle of what is not in memory");
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
        throw NotInRows("edges of what is not in memory as it is");
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

void RowCompiler::output(Value* value, bool channels_last) {
    const auto fact = fact_of(*value);
    program_.outputs.push_back({fact->sizes, fact->type, channels_last || flat_});
    Place place;
    place.tensor = program_.outputs.size() - 1;
    place.at.assign(fact->sizes.size(), 0);
    place.dimensions.resize(fact->sizes.size());
    std::iota(place.dimensions.begin(), place.dimensions.end(), 0);
    put(value, place);
}

/// Parts of what is joined are written to their own places in it.
void RowCompiler::put(Value* value, const Place& place) {
    Node& node = *value->node();
    if (!members_.contains(&node)) {
        return put_rows(value, place, 1);
    }
    if (among(passing, node)) {
        const bool rounds_twice = fact_of(*node.input(0))->type == at::kBFloat16;
        if (!rounds_twice) {
            return put(node.input(0), place);
        }
    }
    if (is(node, "aten::pixel_unshuffle")) {
        return put_rows(node.input(0), place, *integer(*node.input(1)));
    }
    const bool stack = is(node, "aten::stack");
    if (stack || is(node, "aten::cat")) {
        const std::int64_t all = rank(sizes_of(*value));
        const auto d = static_cast<std::size_t>((*integer(*node.input(1)) + all) % all);
        Place part = place;
        if (stack) {
            part.dimensions.erase(part.dimensions.begin() + static_cast<std::int64_t>(d));
        }
        for (Value* next : listed(node)) {
            put(next, part);
            part.at[static_cast<std::size_t>(place.dimensions[d])] +=
                stack ? 1 : sizes_of(*next)[d];
        }
        return;
    }
    put_rows(value, place, 1);
}

/// With a factor, as pixel_unshuffle moves them.
void RowCompiler::put_rows(Value* value, const Place& place, std::int64_t factor) {
    const Index sizes = shape(*value), lead = leading(sizes);
    const std::int64_t rows = height(sizes), columns = sizes.back();
    if (rows % block_ != 0 || (program_.blocks != 0 && program_.blocks != rows / block_) ||
        oldfilm::product(lead) > most_planes) {
        throw NotInRows("outputs of several heights");
    }
    program_.blocks = rows / block_;
    const auto dimension = [&](std::size_t d) {
        return static_cast<std::size_t>(place.dimensions[d]);
    };
    for (std::int64_t plane = 0; plane < oldfilm::product(lead); ++plane) {
        const Index index = unflattened(plane, lead);
        for (std::int64_t number = 0; number < block_; ++number) {
            const Row made = row(value, index, number);
            if (made.length != columns) {
                throw NotInRows("a row that is not as long as its picture");
            }
            for (std::int64_t i = 0; i < factor; ++i) {
                RowPlace to;
                to.tensor = place.tensor;
                to.at = place.at;
                for (std::size_t d = 0; d < index.size(); ++d) {
                    const bool last = d + 1 == index.size() && factor > 1;
                    to.at[dimension(d)] +=
                        last ? (index[d] * factor + number % factor) * factor + i : index[d];
                }
                to.row_stride = flat_ ? columns : 0;
                to.row_dimension = place.dimensions[index.size()];
                to.column_dimension = place.dimensions[index.size() + 1];
                to.step = block_ / factor;
                to.first = number / factor;
                to.last = rows / factor - 1;
                program_.stores.push_back(std::move(to));
                RowInstruction what;
                what.op = RowOp::store;
                what.a = made.number;
                what.place = program_.stores.size() - 1;
                what.from = made.from + i;
                what.stride = factor;
                what.length = columns / factor;
                program_.code.push_back(what);
            }
        }
    }
}

RowProgram RowCompiler::finish() {
    std::vector<std::size_t> last(static_cast<std::size_t>(registers_), 0);
    for (std::size_t i = 0; i < program_.code.size(); ++i) {
        const RowInstruction& what = program_.code[i];
        for (const std::int32_t used : {what.to, what.a, what.b}) {
            if (used >= 0) {
                last[static_cast<std::size_t>(used)] = i;
            }
        }
        const std::int64_t reach =
            what.from + (what.length - 1) * what.stride + 1 + what.before + what.after;
        program_.register_length = std::max(program_.register_length, reach);
    }
    program_.register_length = (program_.register_length + 15) / 16 * 16;
    // Registers that are no longer needed are used again, after the instruction that read them.
    std::vector<std::int32_t> place(last.size(), -1), free;
    std::int32_t count = 0;
    for (std::size_t i = 0; i < program_.code.size(); ++i) {
        RowInstruction& what = program_.code[i];
        const RowInstruction before = what;
        if (what.to >= 0) {
            std::int32_t& to = place[static_cast<std::size_t>(what.to)];
            if (to < 0 && free.empty()) {
                to = count++;
            } else if (to < 0) {
                to = free.back();
                free.pop_back();
            }
            what.to = to;
        }
        for (std::int32_t* used : {&what.a, &what.b}) {
            *used = *used < 0 ? -1 : place[static_cast<std::size_t>(*used)];
        }
        for (const std::int32_t used :
             {before.to, before.a, before.b == before.a ? -1 : before.b}) {
            if (used >= 0 && last[static_cast<std::size_t>(used)] == i) {
                free.push_back(place[static_cast<std::size_t>(used)]);
            }
        }
    }
    program_.registers = count;
    if (program_.registers * program_.register_length * 4 > register_bytes) {
        throw NotInRows("more rows at a time than the caches hold");
    }
    return std::move(program_);
}

} // namespace oldfilm

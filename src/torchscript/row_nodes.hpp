#pragma once
/// \file
/// What rows can do of a graph: which nodes, which views, and how a row is counted in each.

#include "torchscript/graph_facts.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm {

/// What is asked of a group cannot be done by rows; it is left to LibTorch.
class NotFusable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Whether rows can do the node, by its kind and its arguments; its values must be stated.
bool row_operation(torch::jit::Node& node);
/// Whether the node gives a view that is another way to count the rows that are there.
bool row_view(torch::jit::Node& node);
/// Whether the node's operand must lie in memory as a whole: rows are not taken from it one by one.
bool needs_memory(torch::jit::Node& node);
/// What a value is a view of, through row views.
torch::jit::Value* root_of(torch::jit::Value* value);

namespace rows {

using torch::jit::Node;
using torch::jit::Value;
using Index = std::vector<std::int64_t>;

/// More would make a program too long for its gain.
constexpr std::int64_t most_planes = 256;

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

/// A row by its value, its index, its number and its first column.
struct Seen {
    Value* value = nullptr;
    Index lead;
    std::int64_t number = 0, column = 0;
};

std::int64_t rank(const Index& sizes);
/// Of two dimensions or more. Throws NotFusable.
Index sizes_of(const Value& value);
std::int64_t height(const Index& sizes);
/// All but rows and columns.
Index leading(const Index& sizes);
/// Constants; nullopt for what is none.
std::optional<double> number(const Value& value);
bool is_none(const Value& value);
std::optional<std::int64_t> integer(const Value& value);
/// Counted from the front, of `dimensions`; nullopt when it isn't one that leads the rows.
std::optional<std::int64_t> lead_dimension(std::int64_t dimension, std::int64_t dimensions);
/// What the list that the node takes first is made of.
std::vector<Value*> listed(Node& node);
std::optional<Product> product_of(Node& node);
/// Whether size and type are known, and the type is one of rows'.
bool stated(const Value& value);
/// The index of a flat number.
Index unflattened(std::int64_t flat, const Index& sizes);
std::int64_t flattened(const Index& index, const Index& sizes);
std::int64_t product(const Index& sizes);
/// The same row in what the value is a view of; not for `expand`.
Seen viewed(Seen seen);

} // namespace rows
} // namespace oldfilm

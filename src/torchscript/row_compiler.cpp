#include "torchscript/row_compiler.hpp"

#include "torchscript/row_registers.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace oldfilm {

using namespace rows; // NOLINT: the compiler's own words

namespace {

/// What a core's second cache holds beside what streams through it.
constexpr std::int64_t register_bytes = std::int64_t{768} << 10;
constexpr std::size_t most_instructions = 20000;
/// Pictures have fewer channels.
constexpr std::int64_t least_flat_channels = 8;

} // namespace

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
        throw NotFusable("an input of another type");
    }
    inputs_.push_back(value);
    program_.inputs.push_back({fact->sizes, fact->type, false});
    return inputs_.size() - 1;
}

RowCompiler::Row RowCompiler::emit(RowInstruction instruction) {
    if (program_.code.size() >= most_instructions) {
        throw NotFusable("too many rows");
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
            throw NotFusable("a broadcast vector");
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
        rows::product(lead) > most_planes) {
        throw NotFusable("outputs of several heights");
    }
    program_.blocks = rows / block_;
    const auto dimension = [&](std::size_t d) {
        return static_cast<std::size_t>(place.dimensions[d]);
    };
    for (std::int64_t plane = 0; plane < rows::product(lead); ++plane) {
        const Index index = unflattened(plane, lead);
        for (std::int64_t number = 0; number < block_; ++number) {
            const Row made = row(value, index, number);
            if (made.length != columns) {
                throw NotFusable("a row that is not as long as its picture");
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
    assign_registers(program_, registers_);
    if (program_.registers * program_.register_length * 4 > register_bytes) {
        throw NotFusable("more rows at a time than the caches hold");
    }
    return std::move(program_);
}

} // namespace oldfilm

#include "torchscript/row_registers.hpp"

#include <algorithm>
#include <vector>

namespace oldfilm {
namespace {

/// For each value, the index of the last instruction that uses it.
std::vector<std::size_t> last_uses(const RowProgram& program, std::int32_t values) {
    std::vector<std::size_t> last(static_cast<std::size_t>(values), 0);
    for (std::size_t i = 0; i < program.code.size(); ++i) {
        const RowInstruction& what = program.code[i];
        for (const std::int32_t used : {what.to, what.a, what.b}) {
            if (used >= 0) {
                last[static_cast<std::size_t>(used)] = i;
            }
        }
    }
    return last;
}

/// Elements of the longest row, with what operations read before and after it, in whole vectors.
std::int64_t longest_row(const RowProgram& program) {
    std::int64_t longest = 0;
    for (const RowInstruction& what : program.code) {
        const std::int64_t reach =
            what.from + (what.length - 1) * what.stride + 1 + what.before + what.after;
        longest = std::max(longest, reach);
    }
    return (std::max(longest, program.register_length) + 15) / 16 * 16;
}

} // namespace

void assign_registers(RowProgram& program, std::int32_t values) {
    const std::vector<std::size_t> last = last_uses(program, values);
    program.register_length = longest_row(program);
    std::vector<std::int32_t> place(last.size(), -1), free;
    std::int32_t count = 0;
    for (std::size_t i = 0; i < program.code.size(); ++i) {
        RowInstruction& what = program.code[i];
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
    program.registers = count;
}

} // namespace oldfilm

#include "torchscript/row_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

// Loops here are compiled several times, for what the processor of the run has; the compiler makes
// vectors of them.
#define OLDFILM_INLINE [[gnu::always_inline]] inline

namespace oldfilm {
namespace {

using Index = std::int64_t;

OLDFILM_INLINE float of_bfloat16(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// To the nearest, ties to even, as LibTorch rounds.
OLDFILM_INLINE std::uint16_t to_bfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    return static_cast<std::uint16_t>(value != value ? 0x7FC0U : rounded); // NOLINT: NaN
}

/// e^x, within 2e-7 of it: 2^n by the exponent's bits, the rest by Cephes' polynomial (Moshier).
OLDFILM_INLINE float exponential(float x) {
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    const float shifted = x * 1.44269504F + 12582912.0F; // the sum's last bits are the integer
    const float n = shifted - 12582912.0F;
    const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const std::uint32_t power = std::bit_cast<std::uint32_t>(shifted) << 23;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + power);
}

template <class F>
OLDFILM_INLINE void each(float* __restrict to, const float* __restrict a, Index length, F f) {
    for (Index i = 0; i < length; ++i) {
        to[i] = f(a[i]);
    }
}

/// `x` in the place of `b` where that is null.
template <class F>
OLDFILM_INLINE void pairs(float* __restrict to, const float* __restrict a,
                          const float* __restrict b, float x, Index length, F f) {
    if (b == nullptr) {
        for (Index i = 0; i < length; ++i) {
            to[i] = f(a[i], x);
        }
    } else {
        for (Index i = 0; i < length; ++i) {
            to[i] = f(a[i], b[i]);
        }
    }
}

template <class T, class F>
OLDFILM_INLINE void read(float* __restrict to, Index stride, const T* __restrict from,
                         Index from_stride, Index length, F f) {
    if (stride == 1 && from_stride == 1) {
        for (Index i = 0; i < length; ++i) {
            to[i] = f(from[i]);
        }
    } else if (stride == 1) {
        for (Index i = 0; i < length; ++i) {
            to[i] = f(from[i * from_stride]);
        }
    } else {
        for (Index i = 0; i < length; ++i) {
            to[i * stride] = f(from[i * from_stride]);
        }
    }
}

OLDFILM_INLINE Index offset(const RowMemory& memory, Index block) {
    return std::clamp<Index>(memory.step * block + memory.first, 0, memory.last) *
           memory.row_stride;
}

OLDFILM_INLINE void load(const RowInstruction& what, const RowMemory& memory, Index block,
                         float* to) {
    float* first = to + what.from + what.before * what.stride;
    const Index begin = offset(memory, block);
    if (memory.bfloat16) {
        read(first, what.stride, reinterpret_cast<const std::uint16_t*>(memory.data) + begin,
             memory.column_stride, what.length, of_bfloat16);
    } else {
        read(first, what.stride, reinterpret_cast<const float*>(memory.data) + begin,
             memory.column_stride, what.length, [](float value) { return value; });
    }
    std::fill_n(to + what.from, what.before, *first);
    std::fill_n(first + what.length, what.after, first[what.length - 1]);
}

OLDFILM_INLINE void store(const RowInstruction& what, const RowMemory& memory, Index block,
                          const float* a) {
    const float* __restrict from = a + what.from;
    const Index begin = offset(memory, block);
    if (memory.bfloat16) {
        auto* __restrict to = reinterpret_cast<std::uint16_t*>(memory.data) + begin;
        if (what.stride == 1 && memory.column_stride == 1) {
            for (Index i = 0; i < what.length; ++i) {
                to[i] = to_bfloat16(from[i]);
            }
        } else {                                    // rounded by vectors first, then put apart
            std::array<std::uint16_t, 256> rounded; // NOLINT: written before it is read
            for (Index begun = 0; begun < what.length; begun += 256) {
                const Index count = std::min<Index>(256, what.length - begun);
                const float* __restrict part = from + begun * what.stride;
                if (what.stride == 2) {
                    for (Index i = 0; i < count; ++i) {
                        rounded[i] = to_bfloat16(part[2 * i]);
                    }
                } else {
                    for (Index i = 0; i < count; ++i) {
                        rounded[i] = to_bfloat16(part[i * what.stride]);
                    }
                }
                for (Index i = 0; i < count; ++i) {
                    to[(begun + i) * memory.column_stride] = rounded[i];
                }
            }
        }
    } else {
        float* __restrict to = reinterpret_cast<float*>(memory.data) + begin;
        if (what.stride == 1 && memory.column_stride == 1) {
            std::memcpy(to, from, static_cast<std::size_t>(what.length) * sizeof(float));
        } else {
            for (Index i = 0; i < what.length; ++i) {
                to[i * memory.column_stride] = from[i * what.stride];
            }
        }
    }
}

// Comparisons are written so that NaN stays NaN, as in LibTorch.
OLDFILM_INLINE void arithmetic(const RowInstruction& what, float* to, const float* a,
                               const float* b) {
    const Index n = what.length;
    const float x = what.x, y = what.y;
    switch (what.op) {
    case RowOp::add:
        pairs(to, a, b, x, n, [](float p, float q) { return p + q; });
        break;
    case RowOp::subtract:
        pairs(to, a, b, x, n, [](float p, float q) { return p - q; });
        break;
    case RowOp::multiply:
        pairs(to, a, b, x, n, [](float p, float q) { return p * q; });
        break;
    case RowOp::divide:
        pairs(to, a, b, x, n, [](float p, float q) { return p / q; });
        break;
    case RowOp::maximum:
        pairs(to, a, b, x, n, [](float p, float q) { return p < q || q != q ? q : p; });
        break;
    case RowOp::minimum:
        pairs(to, a, b, x, n, [](float p, float q) { return p > q || q != q ? q : p; });
        break;
    case RowOp::negate:
        each(to, a, n, [](float p) { return -p; });
        break;
    case RowOp::absolute:
        each(to, a, n, [](float p) { return p < 0 ? -p : p; });
        break;
    case RowOp::leaky_relu:
        each(to, a, n, [x](float p) { return p < 0 ? (x == 0 ? 0.0F : p * x) : p; });
        break;
    case RowOp::clamp:
        each(to, a, n, [x, y](float p) { return p < x ? x : p > y ? y : p; });
        break;
    case RowOp::sigmoid:
        each(to, a, n, [](float p) { return p != p ? p : 1.0F / (1.0F + exponential(-p)); });
        break;
    case RowOp::exponential:
        each(to, a, n, [](float p) { return p != p ? p : exponential(p); });
        break;
    case RowOp::round_bfloat16:
        each(to, a, n, [](float p) { return of_bfloat16(to_bfloat16(p)); });
        break;
    case RowOp::load:
    case RowOp::store:
    case RowOp::splat:
        break; // no arithmetic
    }
}

struct Job {
    const RowProgram& program;
    const std::vector<RowMemory>&loads, &stores;
    Index begin, end;
    float* memory;
    const float** registers; ///< where each register's row lies now
};

/// A row that lies in memory as a register would is not copied.
OLDFILM_INLINE bool lies_ready(const RowInstruction& what, const RowMemory& memory) {
    return !memory.bfloat16 && memory.column_stride == 1 && what.stride == 1 && what.from == 0 &&
           what.before == 0 && what.after == 0;
}

OLDFILM_INLINE void run(const Job& job) {
    const auto at = [&](std::int32_t number, Index from) {
        return number < 0 ? nullptr : job.registers[number] + from;
    };
    for (Index block = job.begin; block < job.end; ++block) {
        for (const RowInstruction& what : job.program.code) {
            const float* a = at(what.a, what.a_from);
            if (what.op == RowOp::store) {
                store(what, job.stores[what.place], block, a);
                continue;
            }
            if (what.op == RowOp::load && lies_ready(what, job.loads[what.place])) {
                const RowMemory& memory = job.loads[what.place];
                job.registers[what.to] =
                    reinterpret_cast<const float*>(memory.data) + offset(memory, block);
                continue;
            }
            float* to = job.memory + what.to * job.program.register_length;
            const float* b = at(what.b, what.b_from);
            if (what.op == RowOp::load) {
                load(what, job.loads[what.place], block, to);
            } else if (what.op == RowOp::splat) {
                std::fill_n(to, what.length, *a);
            } else {
                arithmetic(what, to, a, b);
            }
            job.registers[what.to] = to;
        }
    }
}

#if defined(__x86_64__)
[[gnu::target("arch=x86-64-v4")]] void run_avx512(const Job& job) {
    run(job);
}
[[gnu::target("arch=x86-64-v3")]] void run_avx2(const Job& job) {
    run(job);
}
#endif

void run_plain(const Job& job) {
    run(job);
}

} // namespace

void run_rows(const RowProgram& program, const std::vector<RowMemory>& loads,
              const std::vector<RowMemory>& stores, std::int64_t begin, std::int64_t end,
              float* memory) {
    std::vector<const float*> registers(static_cast<std::size_t>(program.registers), nullptr);
    const Job job{program, loads, stores, begin, end, memory, registers.data()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return run_avx512(job);
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return run_avx2(job);
    }
#endif
    run_plain(job);
}

} // namespace oldfilm

// Row programs against LibTorch's own operations, one graph at a time.
#include "torchscript/fuse_elementwise.hpp"
#include "torchscript/graph_facts.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <catch2/catch.hpp>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using Tensors = std::vector<at::Tensor>;

/// A function in TorchScript, as LibTorch runs it and by rows.
class Both {
  public:
    explicit Both(const std::string& source) {
        const auto unit = std::make_unique<torch::jit::CompilationUnit>();
        unit->define(std::nullopt, source, torch::jit::nativeResolver(), nullptr);
        graph_ = torch::jit::toGraphFunction(unit->get_function("f")).graph()->copy();
        torch::jit::Inline(*graph_);
        torch::jit::ConstantPropagation(graph_);
    }

    Tensors plain(const Tensors& inputs) const { return run(graph_->copy(), inputs, {}); }

    Tensors by_rows(const Tensors& inputs) {
        if (!rows_) {
            const oldfilm::GraphFacts facts(graph_);
            torch::jit::Stack stack = stack_of(inputs);
            const torch::jit::Code probe(facts.probe(), "probe");
            const oldfilm::GraphFacts::ProbeResults answers(facts);
            torch::jit::InterpreterState(probe).run(stack);
            rows_ =
                facts.stated(answers, c10::ArrayRef(stack).slice(stack.size() - facts.numbers()));
            programs_ = oldfilm::fuse_elementwise(*rows_);
        }
        return run(rows_, inputs, programs_);
    }

    std::size_t programs() const { return programs_.size(); }
    /// How many nodes of a kind are left for LibTorch.
    std::size_t left(const std::string& kind) const {
        std::size_t count = 0;
        for (const auto* node : rows_->nodes()) {
            count += kind == node->kind().toQualString() ? 1 : 0;
        }
        return count;
    }

  private:
    static torch::jit::Stack stack_of(const Tensors& inputs) {
        return {inputs.begin(), inputs.end()};
    }
    static Tensors run(const std::shared_ptr<torch::jit::Graph>& graph, const Tensors& inputs,
                       const std::vector<c10::IValue>& programs) {
        torch::jit::Stack stack = stack_of(inputs);
        stack.insert(stack.end(), programs.begin(), programs.end());
        const torch::jit::Code code(graph, "f");
        torch::jit::InterpreterState(code).run(stack);
        const c10::IValue result = stack.back();
        if (result.isTensor()) {
            return {result.toTensor()};
        }
        Tensors list;
        for (const c10::IValue& element : result.toTupleRef().elements()) {
            list.push_back(element.toTensor());
        }
        return list;
    }

    std::shared_ptr<torch::jit::Graph> graph_, rows_;
    std::vector<c10::IValue> programs_;
};

std::string function(const std::string& body, const std::string& result = "Tensor") {
    return "def f(x: Tensor, y: Tensor) -> " + result + ":\n" + body;
}

/// x N,6,80,104 and y N,1,80,104: rows no multiple of a vector, numbers of both signs.
Tensors pictures() {
    at::manual_seed(9);
    return {at::randn({1, 6, 80, 104}), at::randn({1, 1, 80, 104})};
}

double difference(const Tensors& a, const Tensors& b) {
    REQUIRE(a.size() == b.size());
    double greatest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        REQUIRE(a[i].sizes() == b[i].sizes());
        REQUIRE(a[i].scalar_type() == b[i].scalar_type());
        greatest = std::max(
            greatest, (a[i].to(at::kDouble) - b[i].to(at::kDouble)).abs().max().item<double>());
    }
    return greatest;
}

struct Case {
    const char* name;
    const char* body;
    double tolerance; ///< 0: to the last bit
};

} // namespace

TEST_CASE("Rows give what LibTorch gives") {
    const auto what = GENERATE(
        Case{"arithmetic", R"(
    z = (x + y * 0.5 - 0.25) / (y.abs() + 1.0)
    z = torch.add(z, y, alpha=2)
    z = torch.sub(z, x, alpha=0.5)
    return 1.0 - torch.neg(z)
)",
             0},
        Case{"limits and slopes", R"(
    z = torch.clamp(x * 2.0, -0.5, 0.75) + torch.relu(y) * torch.leaky_relu(x, 0.1)
    return torch.clamp(z, min=-0.2) + torch.clamp(z * 3.0, max=0.3)
)",
             0},
        Case{"sigmoid", "    return torch.sigmoid(x * 4.0) * y + torch.sigmoid(y * 40.0)\n", 1e-6},
        Case{"views of channels, rows and columns", R"(
    a = x[:, 2:5] + x[:, ::2]
    b = (x.view(1, 2, 3, 80, 104)[:, 1] * 2.0).unsqueeze(1)
    c = b.view(1, 3, 80, 104)
    z = (a + c)[:, :, 1:79, 3:98]
    return z - (x * 0.5)[:, -1:, 2:, :95] * y[:, :, :78, 9:]
)",
             0},
        Case{"sums and extremes over channels", R"(
    z = x * 1.5 + y
    s = torch.sum(z.view(1, 2, 3, 80, 104), [1, 2])
    m = torch.mean(z, [1], True) + torch.amax(z, [1], True) - torch.amin(z, [1], True)
    return s.unsqueeze(1) + m
)",
             4e-6},
        Case{"softmax", "    return torch.sum(torch.softmax(x * 9.0 + y, 1) * x, [1], True)\n",
             2e-6},
        Case{"joined channels", R"(
    z = torch.cat([x + y, x[:, 1:3] * 2.0, y.expand(1, 2, 80, 104)], 1)
    return torch.stack([z[:, 0] * z[:, 7], z[:, 9] - z[:, 3]], 1) + torch.cat([y, y * 3.0], 1)
)",
             0},
        Case{"edges continued", R"(
    p = torch.pad(x, [2, 1, 3, 2], "replicate")
    q = torch.pad(x[:, 3:4], [1, 1, 1, 1], "replicate")
    z = p[:, :, :80, 1:105] + p[:, :, 5:, 3:] * 2.0
    return z + q[:, :, 2:, :104] + q[:, :, 1:81, 2:]
)",
             0},
        Case{"edges of what was made just before", R"(
    z = (x + y) * 0.5 - x[:, :1]
    p = torch.pad(z, [1, 1, 1, 1], "replicate")
    return (p[:, :, :80, :104] + p[:, :, 2:, 2:]) * 0.5 + z
)",
             0},
        Case{"shuffled pixels", R"(
    z = torch.pixel_shuffle((x[:, :4] + y) * 0.5 - 0.1, 2) * 2.0 + 1.0
    s = torch.pixel_unshuffle(z.abs() - 0.5, 2)
    return s
)",
             0},
        Case{"a matrix over channels", R"(
    m = torch.tensor([[0.5, 0.25, 1.0], [2.0, 0.0, -1.0]])
    z = torch.einsum("ij,njhw->nihw", [m, x[:, :3] + y])
    return z * 2.0 - y
)",
             2e-6});
    CAPTURE(what.name);
    Both both(function(what.body));
    const Tensors inputs = pictures();
    const Tensors expected = both.plain(inputs);
    REQUIRE(expected.front().std().item<double>() > 0.01);
    CHECK(difference(both.by_rows(inputs), expected) <= what.tolerance);
    CHECK(both.programs() > 0);
    CHECK(both.left("aten::mul") + both.left("aten::add") + both.left("aten::softmax") == 0);

    // Any layout, any number of threads, another film.
    const Tensors strided{inputs[0].contiguous(at::MemoryFormat::ChannelsLast),
                          at::cat({inputs[1], inputs[1]}, 3).slice(3, 0, 104)};
    CHECK(difference(both.by_rows(strided), expected) <= what.tolerance);
    const int threads = at::get_num_threads();
    at::set_num_threads(3);
    CHECK(difference(both.by_rows(inputs), expected) <= what.tolerance);
    at::set_num_threads(threads);
    const Tensors other{inputs[0].flip(1) * 0.7, inputs[1] + 0.1};
    CHECK(difference(both.by_rows(other), both.plain(other)) <= what.tolerance);
}

TEST_CASE("Rows round to bfloat16 as LibTorch does, and read it") {
    // Types have numbers there: 15 is bfloat16, 6 float32.
    Both both(function(R"(
    z = ((x + y) * 1.7).to(15)
    return z, torch.pixel_unshuffle(x * 3.0 - y, 2).to(15), z.to(6) * y
)",
                       "Tuple[Tensor, Tensor, Tensor]"));
    Tensors inputs = pictures();
    inputs[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
    inputs[0][0][0][0][1] = std::numeric_limits<float>::infinity();
    const Tensors expected = both.plain(inputs), found = both.by_rows(inputs);
    REQUIRE(both.programs() == 2);
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(found[i].scalar_type() == expected[i].scalar_type());
        CHECK(at::equal(found[i].nan_to_num(5, 6, 7), expected[i].nan_to_num(5, 6, 7)));
    }
}

TEST_CASE(
    "Features of many channels, side by side in memory, are done without picking them apart") {
    const auto type = GENERATE(at::kFloat, at::kBFloat16);
    Both both(function(R"(
    z = x * (2.0 * torch.sigmoid(y * 1.5)) + y
    return torch.leaky_relu(z, 0.1) - x, torch.clamp(z * 0.3, -0.4, 0.5)
)",
                       "Tuple[Tensor, Tensor]"));
    at::manual_seed(4);
    const auto features = [&] {
        return at::randn({1, 20, 31, 23}).to(type).contiguous(at::MemoryFormat::ChannelsLast);
    };
    const Tensors inputs{features(), features()}, planar{inputs[0].contiguous(), inputs[1]};
    const Tensors expected = both.plain(inputs), found = both.by_rows(inputs);
    CHECK(both.programs() == 1);
    CHECK(difference(found, expected) <= (type == at::kFloat ? 2e-6 : 0));
    CHECK(found[0].is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(difference(both.by_rows(planar), found) == 0);
}

TEST_CASE("NaN is not lost between limits") {
    Both both(function("    z = torch.relu(x + y) + torch.clamp(x, 0.0, 1.0)\n"
                       "    return torch.amax(z * 2.0, [1], True)\n"));
    Tensors inputs = pictures();
    inputs[0][0][4][20][30] = std::numeric_limits<float>::quiet_NaN();
    const Tensors found = both.by_rows(inputs);
    REQUIRE(both.programs() == 1);
    CHECK(at::isnan(found.front()).sum().item<int>() == 1);
    CHECK(at::isnan(found.front()[0][0][20][30]).item<bool>());
}

TEST_CASE("Groups come after what they read and before what reads them") {
    // Sampling stands between groups, and needs one's result in another layout.
    Both both(function(R"(
    a = (x + y) * 2.0 - 1.0
    g = torch.stack([(a[:, 0] * 0.1).clamp(-1.0, 1.0), (a[:, 1] * 0.2 + 0.1).clamp(-1.0, 1.0)], 3)
    s = torch.grid_sampler(x, g, 0, 1, True)
    b = (s - a) * 0.5 + y
    t = torch.grid_sampler(b, g, 0, 1, True)
    late = (a * a + x) * 0.25
    return torch.relu(t - late) + s * 0.125 - late
)"));
    const Tensors inputs = pictures();
    CHECK(difference(both.by_rows(inputs), both.plain(inputs)) == 0);
    CHECK(both.programs() == 3);
}

TEST_CASE("What changes in place is left to LibTorch unless nobody sees it") {
    const Tensors inputs = pictures();
    SECTION("seen") {
        Both both(function(
            "    z = x * 2.0 + y\n    w = z - y\n    z.mul_(0.5)\n    return z + w * 3.0\n"));
        CHECK(difference(both.by_rows(inputs), both.plain(inputs)) == 0);
        CHECK(both.programs() == 0);
    }
    SECTION("unseen") {
        Both both(function("    z = torch.relu_(x * 2.0 + y)\n    return z * 0.5 - y\n"));
        CHECK(difference(both.by_rows(inputs), both.plain(inputs)) == 0);
        CHECK(both.programs() == 1);
    }
    CHECK(at::equal(inputs[0], pictures()[0]));
}

TEST_CASE("What rows cannot do stays as it is") {
    const Tensors inputs = pictures();
    const auto* body =
        GENERATE("    return torch.sum(x * y + 1.0 - y, [2, 3])\n",          // no rows left
                 "    return (x * y + 1.0 - y).permute(0, 1, 3, 2) * 2.0\n", // columns
                 "    return torch.pad(x * y + 1.0, [1, 1, 1, 1], \"reflect\") * 2.0\n",
                 "    return torch.div(x * 8.0, 1.5, rounding_mode=\"floor\") + y\n",
                 "    return x * y\n"); // one operation
    Both both(function(body));
    CHECK(difference(both.by_rows(inputs), both.plain(inputs)) < 1e-4);
}

TEST_CASE("A program refuses pictures of another size") {
    Both both(function("    return (x + y) * 2.0 - x\n"));
    static_cast<void>(both.by_rows(pictures()));
    REQUIRE(both.programs() == 1);
    CHECK_THROWS_WITH(both.by_rows({at::zeros({1, 6, 80, 96}), at::zeros({1, 1, 80, 96})}),
                      Catch::Matchers::Contains("other sizes"));
    CHECK_THROWS(
        both.by_rows({at::zeros({1, 6, 80, 104}), at::zeros({1, 1, 80, 104}, at::kDouble)}));
}

#include "torchscript/network.hpp"

#include "torchscript/cancellation_points.hpp"
#include "torchscript/feature_shuffle.hpp"
#include "torchscript/fuse_elementwise.hpp"
#include "torchscript/graph_facts.hpp"
#include "torchscript/lower_precision.hpp"
#include "torchscript/packed_convolution.hpp"
#include "torchscript/shared_sampling.hpp"

#include <oldfilm/error.hpp>

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace oldfilm {
namespace {

/// The first line of LibTorch's message; what follows is its own call stack.
std::string first_line(const std::exception& error) {
    std::string text = error.what();
    if (const auto* torch = dynamic_cast<const c10::Error*>(&error)) {
        text = torch->what_without_backtrace();
    }
    // The interpreter puts the network's own call stack first, and the reason last.
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    if (text.rfind("The following operation failed", 0) == 0) {
        return text.substr(text.rfind('\n') + 1);
    }
    return text.substr(0, text.find('\n'));
}

bool is_memory(const std::exception& error) {
    const std::string text = error.what();
    return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
           dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
           text.find("allocate memory") != std::string::npos ||
           text.find("out of memory") != std::string::npos;
}

std::vector<at::Tensor> tensors(const c10::IValue& value) {
    if (value.isTensor()) {
        return {value.toTensor()};
    }
    if (value.isTensorList()) {
        return value.toTensorVector();
    }
    std::vector<at::Tensor> list;
    if (value.isTuple()) {
        for (const c10::IValue& element : value.toTupleRef().elements()) {
            if (!element.isTensor()) {
                list.clear();
                break;
            }
            list.push_back(element.toTensor());
        }
    }
    if (list.empty()) {
        throw Error(Errc::stage_failed,
                    fmt::format("a network must return a tensor or a tuple of tensors, "
                                "found {}; change its forward()",
                                value.tagKind()));
    }
    return list;
}

/// Lets nodes say that they come from `calls`. Freezing inlines functions and then removes them,
/// and LibTorch's interpreter asks them for their names when a node throws.
void name_calls(torch::jit::Block& block, const torch::jit::InlinedCallStackPtr& calls) {
    for (torch::jit::Node* node : block.nodes()) {
        if (node->callstack()) {
            node->setCallStack(calls);
        }
        for (torch::jit::Block* inner : node->blocks()) {
            name_calls(*inner, calls);
        }
    }
}

/// Brings a frozen graph's constants to a device. Traced networks name the device that they were
/// traced on, too.
void bring(torch::jit::Block& block, const at::Device& device) {
    const std::vector<torch::jit::Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (torch::jit::Node* node : nodes) {
        for (torch::jit::Block* inner : node->blocks()) {
            bring(*inner, device);
        }
        if (node->kind() != torch::jit::prim::Constant) {
            continue;
        }
        std::optional<c10::IValue> value = torch::jit::toIValue(node->output());
        if (value && value->isTensor() && value->toTensor().defined()) {
            value = value->toTensor().to(device);
        } else if (value && value->isDevice()) {
            value = device;
        } else {
            continue;
        }
        const torch::jit::WithInsertPoint before(node);
        node->output()->replaceAllUsesWith(node->owningGraph()->insertConstant(*value));
        node->destroy();
    }
}

/// Whether a convolution reads one of the network's inputs as it is, but for its type.
bool feeds_convolutions(const torch::jit::Graph& graph) {
    const std::function<bool(const torch::jit::Value&)> feeds =
        [&](const torch::jit::Value& value) {
            return std::any_of(
                value.uses().begin(), value.uses().end(), [&](const torch::jit::Use& use) {
                    return is(*use.user, "aten::conv2d") || is(*use.user, "aten::_convolution") ||
                           (is(*use.user, "aten::to") && feeds(*use.user->output()));
                });
        };
    return std::any_of(graph.inputs().begin(), graph.inputs().end(),
                       [&](const torch::jit::Value* input) { return feeds(*input); });
}

/// As `Network::Ready::replayable` says. After freezing, attributes are read only where the network
/// changes them.
bool can_be_replayed(const torch::jit::Block& block) {
    namespace prim = torch::jit::prim;
    return std::all_of(
        block.nodes().begin(), block.nodes().end(), [](const torch::jit::Node* node) {
            const torch::jit::NodeKind kind = node->kind();
            const bool known = kind.is_aten() || kind.is_prim();
            const bool harmless = kind == prim::RaiseException || !node->hasSideEffects();
            if (!known || !harmless || node->isNondeterministic() || kind == prim::GetAttr ||
                kind == prim::fork) {
                return false;
            }
            // A copy from the host that isn't waited for would be made from there again.
            const auto waits = torch::jit::Symbol::attr("non_blocking");
            if (node->maybeSchema() != nullptr && node->hasNamedInput("non_blocking") &&
                node->get<bool>(waits) != false) {
                return false;
            }
            return std::all_of(
                node->blocks().begin(), node->blocks().end(),
                [](const torch::jit::Block* inner) { return can_be_replayed(*inner); });
        });
}

/// Runs the frozen graph with LibTorch's interpreter, not with its graph executor: that one would
/// profile and recompile in the first calls and whenever a size changes, under process-wide
/// switches.
class TorchScriptReady final : public Network::Ready {
  public:
    /// With `facts` a graph is made for each size of the inputs; null: one is for all.
    TorchScriptReady(torch::jit::Module module, const std::shared_ptr<torch::jit::Graph>& graph,
                     std::unique_ptr<GraphFacts> facts,
                     std::function<void(const std::string&)> report)
        : module_(std::move(module)), facts_(std::move(facts)), report_(std::move(report)),
          channels_last_(feeds_convolutions(*graph)),
          replayable_(can_be_replayed(*graph->block())), plain_{code(graph->copy()), {}} {
        if (facts_) {
            probe_ = code(facts_->probe());
        }
    }

    std::vector<at::Tensor> operator()(const std::vector<at::Tensor>& inputs,
                                       const std::function<bool()>* cancelled) override {
        const at::NoGradGuard no_grad;
        const CancellationScope stopping(cancelled);
        try {
            std::optional<c10::IValue> tried;
            const Variant& variant = variant_for(inputs, stopping, tried);
            return tensors(tried ? *tried : run(variant, inputs));
        } catch (const Error&) {
            throw;
        } catch (const std::exception& error) {
            if (stopping.stopped()) {
                throw Error(Errc::cancelled, "the run was cancelled");
            }
            if (is_memory(error)) {
                throw Error(Errc::out_of_memory,
                            "the network found too little memory for its tile; use "
                            "smaller tiles, or give it more memory");
            }
            throw Error(Errc::stage_failed,
                        fmt::format("the network failed: {}", first_line(error)));
        }
    }

    [[nodiscard]] bool channels_last() const override { return channels_last_; }
    [[nodiscard]] bool replayable() const override { return replayable_; }

  private:
    using Code = torch::jit::Code;
    using Sizes = std::vector<std::vector<std::int64_t>>;
    struct Variant {
        Code code;
        std::vector<c10::IValue> constants; ///< given after the network's own inputs
    };
    /// Films have one size, and its tiles have one or two; pictures of many sizes start over.
    static constexpr std::size_t kept_sizes = 8;

    static Code code(const std::shared_ptr<torch::jit::Graph>& graph) {
        insert_cancellation_points(*graph);
        return Code(graph, "forward");
    }

    [[nodiscard]] torch::jit::Stack stack_of(const std::vector<at::Tensor>& inputs) const {
        torch::jit::Stack stack{module_._ivalue()};
        stack.insert(stack.end(), inputs.begin(), inputs.end());
        return stack;
    }

    [[nodiscard]] c10::IValue run(const Variant& variant,
                                  const std::vector<at::Tensor>& inputs) const {
        torch::jit::Stack stack = stack_of(inputs);
        stack.insert(stack.end(), variant.constants.begin(), variant.constants.end());
        torch::jit::InterpreterState(variant.code).run(stack);
        return stack.back();
    }

    /// The first call of a size runs the network once more, to learn what its operations are given.
    /// What trying the variant made of the inputs is given too, so that it isn't made again.
    const Variant& variant_for(const std::vector<at::Tensor>& inputs,
                               const CancellationScope& stopping,
                               std::optional<c10::IValue>& tried) {
        if (!facts_) {
            return plain_;
        }
        Sizes sizes;
        for (const at::Tensor& input : inputs) {
            sizes.push_back(input.sizes().vec());
        }
        if (const auto known = variants_.find(sizes); known != variants_.end()) {
            return known->second;
        }
        if (variants_.size() >= kept_sizes) {
            variants_.clear();
        }
        return variants_.emplace(std::move(sizes), make_variant(inputs, stopping, tried))
            .first->second;
    }

    [[nodiscard]] Variant make_variant(const std::vector<at::Tensor>& inputs,
                                       const CancellationScope& stopping,
                                       std::optional<c10::IValue>& tried) const {
        torch::jit::Stack stack = stack_of(inputs);
        const GraphFacts::ProbeResults answers(*facts_);
        torch::jit::InterpreterState(probe_).run(stack);
        const auto numbers = c10::ArrayRef(stack).slice(stack.size() - facts_->numbers());
        for (const bool additions : {true, false}) {
            try {
                const auto graph = facts_->stated(answers, numbers);
                shuffle_runs(*graph);
                std::vector<c10::IValue> constants;
                for (at::Tensor& weight : pack_convolutions(*graph, additions)) {
                    constants.emplace_back(std::move(weight));
                }
                const std::size_t convolutions = constants.size();
                for (c10::IValue& program : fuse_elementwise(*graph)) {
                    constants.push_back(std::move(program));
                }
                const std::string what = fmt::format(
                    "{} convolutions packed{}, {} fused row programs", convolutions,
                    additions ? "" : " without additions", constants.size() - convolutions);
                Variant made{code(graph), std::move(constants)};
                tried = run(made, inputs);
                report(inputs, what);
                return made;
            } catch (const std::exception& error) {
                // oneDNN does not add every memory layout, nor take bfloat16 on every processor;
                // what it refuses is left to LibTorch.
                if (is_memory(error) || stopping.stopped()) {
                    throw;
                }
                report(inputs,
                       fmt::format("not with {}: {}",
                                   additions ? "additions in convolutions" : "anything fused",
                                   first_line(error)));
            }
        }
        return plain_;
    }

    void report(const std::vector<at::Tensor>& inputs, const std::string& what) const {
        if (report_ && !inputs.empty()) {
            report_(fmt::format("{}: {}", fmt::join(inputs.front().sizes(), "x"), what));
        }
    }

    torch::jit::Module module_;
    std::unique_ptr<GraphFacts> facts_;
    std::function<void(const std::string&)> report_;
    bool channels_last_, replayable_;
    Variant plain_;
    Code probe_;
    std::map<Sizes, Variant> variants_;
};

class TorchScriptNetwork final : public Network {
  public:
    explicit TorchScriptNetwork(torch::jit::Module module) : module_(std::move(module)) {}

    [[nodiscard]] std::unique_ptr<Ready> prepare(const at::Device& device, at::ScalarType type,
                                                 Options options) const override {
        torch::jit::Module module = torch::jit::freeze(module_.clone());
        std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
        name_calls(*graph->block(),
                   c10::make_intrusive<torch::jit::InlinedCallStack>(
                       &module.get_method("forward").function(), torch::jit::SourceRange()));
        if (!device.is_cpu()) {
            bring(*graph->block(), device);
            module.to(device); // what the network changes itself is no constant
        }
        prepare_convolutions(*graph, type);
        const bool optimize = options.optimize && device.is_cpu();
        if (optimize) {
            share_sampling(*graph);
        }
        std::unique_ptr<GraphFacts> facts;
        if (optimize && type != at::kHalf) {
            facts = std::make_unique<GraphFacts>(graph);
        }
        return std::make_unique<TorchScriptReady>(std::move(module), graph, std::move(facts),
                                                  std::move(options.report));
    }

    [[nodiscard]] std::size_t inputs() const override {
        return module_.get_method("forward").graph()->inputs().size() - 1;
    }

  private:
    torch::jit::Module module_;
};

} // namespace

std::unique_ptr<Network> Network::load(const std::string& path) {
    try {
        torch::jit::Module module = torch::jit::load(path, at::Device(at::kCPU));
        module.eval();
        return std::make_unique<TorchScriptNetwork>(std::move(module));
    } catch (const std::exception& error) {
        throw Error(
            Errc::unreadable,
            fmt::format("expected TorchScript that this LibTorch can load in '{}', found: {}; "
                        "copy it again, or export it again with LibTorch's own version",
                        path, first_line(error)));
    }
}

} // namespace oldfilm

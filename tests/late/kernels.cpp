#include "late/kernels.hpp"

#include "late/queues.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::testing::late {
namespace {

using c10::IValue;
using torch::jit::Stack;

bool is_late(const at::Tensor& tensor) {
    return tensor.defined() && tensor.is_privateuseone();
}

/// The tensor's memory as the CPU sees it; owns nothing, as a kernel's pointer doesn't.
at::Tensor on_cpu(const at::Tensor& tensor) {
    return at::from_blob(tensor.mutable_data_ptr(), tensor.sizes(), tensor.strides(),
                         at::TensorOptions().dtype(tensor.scalar_type()));
}

/// Zeros of the same shape and layout: for learning what an operator gives.
at::Tensor like(const at::Tensor& tensor) {
    std::int64_t extent = tensor.numel() > 0 ? 1 : 0;
    for (std::int64_t i = 0; i < tensor.dim() && tensor.numel() > 0; ++i) {
        extent += (tensor.size(i) - 1) * tensor.stride(i);
    }
    return at::zeros({extent}, at::TensorOptions().dtype(tensor.scalar_type()))
        .as_strided(tensor.sizes(), tensor.strides());
}

/// An argument with `map` over its tensors, and the CPU for the device.
template <class Map>
IValue mapped(const IValue& value, const Map& map) {
    if (value.isTensor()) {
        return map(value.toTensor());
    }
    if (value.isTensorList()) {
        std::vector<at::Tensor> list;
        for (const at::Tensor& tensor : value.toTensorVector()) {
            list.push_back(map(tensor));
        }
        return list;
    }
    if (value.isOptionalTensorList()) {
        c10::List<std::optional<at::Tensor>> list;
        for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
            list.push_back(tensor ? std::optional(map(*tensor)) : std::nullopt);
        }
        return list;
    }
    return value.isDevice() ? IValue(at::Device(at::kCPU)) : value;
}

template <class Map>
Stack mapped(const Stack& arguments, const Map& map) {
    Stack result;
    for (const IValue& argument : arguments) {
        result.push_back(mapped(argument, map));
    }
    return result;
}

Stack call(const c10::OperatorHandle& op, Stack stack) {
    const at::AutoDispatchBelowADInplaceOrView below;
    op.callBoxed(stack);
    return stack;
}

/// The arguments as the kernel finds them when its time has come.
Stack for_later(const Stack& arguments) {
    return mapped(arguments, [](const at::Tensor& tensor) {
        return is_late(tensor) ? on_cpu(tensor) : tensor.defined() ? tensor.clone() : tensor;
    });
}

c10::Allocator* memory() {
    return c10::GetAllocator(c10::kPrivateUse1);
}

constexpr c10::DispatchKeySet late_key(c10::DispatchKey::PrivateUse1);

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout> /*layout*/, std::optional<at::Device> device,
                 std::optional<bool> /*pinned*/, std::optional<at::MemoryFormat> format) {
    const c10::OptionalDeviceGuard on(device);
    return at::detail::empty_generic(size, memory(), late_key, dtype.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout> /*layout*/,
                         std::optional<at::Device> device, std::optional<bool> /*pinned*/) {
    const c10::OptionalDeviceGuard on(device);
    return at::detail::empty_strided_generic(size, stride, memory(), late_key,
                                             dtype.value_or(at::kFloat));
}

/// Makes an output as large as its operator wants it.
void fit(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride) {
    const std::size_t bytes =
        at::detail::computeStorageNbytes(size, stride, self.dtype().itemsize(), 0);
    const c10::Storage& storage = self.storage();
    if (storage.nbytes() < bytes) {
        storage.unsafeGetStorageImpl()->set_data_ptr_noswap(memory()->allocate(bytes));
        storage.unsafeGetStorageImpl()->set_nbytes(bytes);
    }
    self.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride);
}

const at::Tensor& resize(const at::Tensor& self, at::IntArrayRef size,
                         std::optional<at::MemoryFormat> format) {
    const at::Tensor wanted = at::empty(size, self.options().device(at::kCPU), format);
    fit(self, wanted.sizes(), wanted.strides());
    return self;
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& source, bool non_blocking) {
    Queues& queues = Queues::get();
    const c10::OptionalDeviceGuard on(is_late(self) ? self.device() : source.device());
    const at::Tensor to = is_late(self) ? on_cpu(self) : self;
    if (is_late(self) && is_late(source)) {
        queues.queue([to, from = on_cpu(source)] { to.copy_(from); });
        return self;
    }
    const at::Tensor& host = is_late(self) ? source : self;
    const bool in_time = non_blocking && queues.is_pinned(host.const_data_ptr());
    if (is_late(self)) {
        // From other memory a driver takes the values before it returns.
        queues.queue([to, from = in_time ? on_cpu(source) : source.clone()] { to.copy_(from); });
    } else {
        queues.queue([to = on_cpu(self), from = on_cpu(source)] { to.copy_(from); });
    }
    {
        const std::scoped_lock lock(queues.mutex);
        ++(is_late(self) ? queues.counts.uploads : queues.counts.downloads);
        queues.counts.downloaded +=
            is_late(self) ? 0 : static_cast<std::int64_t>(source.numel() * source.itemsize());
    }
    const Place end = queues.end(current_stream());
    if (in_time) {
        queues.pinned_used(host.const_data_ptr(), end);
    } else if (!non_blocking || !is_late(self)) {
        queues.wait(end);
    }
    return self;
}

/// Operators whose result's size is in the values.
bool asks_for_values(const c10::OperatorHandle& op, const Stack& arguments) {
    static const std::array<std::string, 5> names{"aten::nonzero", "aten::masked_select",
                                                  "aten::_unique2", "aten::bincount",
                                                  "aten::unique_dim"};
    if (std::find(names.begin(), names.end(), op.schema().name()) != names.end()) {
        return true;
    }
    for (const IValue& argument : arguments) { // a mask as an index
        if (argument.isOptionalTensorList()) {
            for (const std::optional<at::Tensor>& index : argument.toOptionalTensorVector()) {
                if (index && index->defined() && index->scalar_type() == at::kBool) {
                    return true;
                }
            }
        }
    }
    const auto& returns = op.schema().returns();
    return std::any_of(returns.begin(), returns.end(), [](const c10::Argument& one) {
        return !one.type()->isSubtypeOf(*c10::TensorType::get()) &&
               !one.type()->isSubtypeOf(*c10::ListType::ofTensors());
    });
}

/// The argument that a return is, for operators that write into one.
std::optional<std::size_t> written(const c10::FunctionSchema& schema, std::size_t number) {
    const c10::AliasInfo* info = schema.returns()[number].alias_info();
    if (info == nullptr || !info->isWrite()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
        const c10::AliasInfo* other = schema.arguments()[i].alias_info();
        if (other != nullptr && other->isWrite() && other->beforeSets() == info->beforeSets()) {
            return i;
        }
    }
    return std::nullopt;
}

/// What an operator gives: its memory now, its values later.
class Outputs {
  public:
    Outputs(const Stack& arguments, const Stack& shapes) : arguments_(arguments), shapes_(shapes) {}

    at::Tensor add(const at::Tensor& shape) {
        if (!shape.defined()) {
            later_.emplace_back();
            return {};
        }
        for (std::size_t i = 0; i < arguments_.size(); ++i) { // a view of an argument?
            if (shapes_[i].isTensor() && shapes_[i].toTensor().defined() && shape.numel() > 0 &&
                shapes_[i].toTensor().is_alias_of(shape)) {
                later_.emplace_back();
                const at::Tensor& of = arguments_[i].toTensor();
                return of.as_strided(shape.sizes(), shape.strides(),
                                     of.storage_offset() + shape.storage_offset());
            }
        }
        const at::Tensor made =
            empty_strided(shape.sizes(), shape.strides(), shape.scalar_type(), {}, {}, {});
        later_.push_back(on_cpu(made));
        return made;
    }
    void skip() { later_.emplace_back(); }
    /// Where the values go, by return; undefined for those that are there already.
    std::vector<at::Tensor> take() { return std::move(later_); }

  private:
    const Stack& arguments_;
    const Stack& shapes_;
    std::vector<at::Tensor> later_;
};

std::vector<at::Tensor> flat(const Stack& returns) {
    std::vector<at::Tensor> tensors;
    for (const IValue& value : returns) {
        if (value.isTensor()) {
            tensors.push_back(value.toTensor());
        } else if (value.isTensorList()) {
            for (const at::Tensor& tensor : value.toTensorVector()) {
                tensors.push_back(tensor);
            }
        }
    }
    return tensors;
}

void fill(const std::vector<at::Tensor>& to, const Stack& returns) {
    const std::vector<at::Tensor> values = flat(returns);
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (to[i].defined()) {
            to[i].copy_(values[i]);
        }
    }
}

/// The device that an operator works on: its tensors' own, or one that is named. Tensors of two are
/// refused, as kernels would: what was queued for one says nothing of the other.
std::optional<at::Device> device_of(const Stack& arguments) {
    std::optional<at::Device> device;
    const auto see = [&device](const at::Tensor& tensor) {
        if (is_late(tensor)) {
            TORCH_CHECK(!device || *device == tensor.device(), "tensors of two late devices");
            device = tensor.device();
        }
        return tensor;
    };
    mapped(arguments, see);
    for (const IValue& argument : arguments) {
        if (!device && argument.isDevice() && argument.toDevice().is_privateuseone()) {
            device = argument.toDevice();
        }
    }
    return device;
}

/// Any operator: learns on zeros what comes out, makes room for it, and queues the CPU's kernel.
void any(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/, Stack* stack) {
    const c10::FunctionSchema& schema = op.schema();
    const Stack arguments = torch::jit::last(*stack, schema.arguments().size()).vec();
    torch::jit::drop(*stack, arguments.size());
    Queues& queues = Queues::get();
    const c10::OptionalDeviceGuard on(device_of(arguments));
    const bool now = asks_for_values(op, arguments);
    if (now) {
        queues.wait(queues.end(current_stream()));
    }
    const Stack given = mapped(arguments, [&](const at::Tensor& tensor) {
        return !is_late(tensor) ? tensor : now ? on_cpu(tensor) : like(tensor);
    });
    const Stack shapes = call(op, given);
    Outputs outputs(arguments, given);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (const auto argument = written(schema, i)) {
            const at::Tensor self = arguments[*argument].toTensor();
            const at::Tensor& shape = shapes[i].toTensor();
            if (self.sizes() != shape.sizes()) {
                fit(self, shape.sizes(), shape.strides());
            }
            outputs.skip();
            stack->emplace_back(self);
        } else if (shapes[i].isTensor()) {
            stack->emplace_back(outputs.add(shapes[i].toTensor()));
        } else if (shapes[i].isTensorList()) {
            std::vector<at::Tensor> list;
            for (const at::Tensor& shape : shapes[i].toTensorVector()) {
                list.push_back(outputs.add(shape));
            }
            stack->emplace_back(std::move(list));
        } else {
            stack->push_back(shapes[i]);
        }
    }
    if (now) {
        queues.queue([to = outputs.take(), shapes] { fill(to, shapes); });
    } else {
        queues.queue(
            [op, to = outputs.take(), later = for_later(arguments)] { fill(to, call(op, later)); });
    }
}

} // namespace

void register_kernels() {
    // Kept until the process ends.
    static torch::Library everything(torch::Library::IMPL, "_", c10::DispatchKey::PrivateUse1,
                                     __FILE__, __LINE__);
    everything.fallback(torch::CppFunction::makeFromBoxedFunction<&any>());
    static torch::Library aten(torch::Library::IMPL, "aten", c10::DispatchKey::PrivateUse1,
                               __FILE__, __LINE__);
    aten.impl("empty.memory_format", &empty);
    aten.impl("empty_strided", &empty_strided);
    aten.impl("as_strided", &at::native::as_strided_tensorimpl);
    aten.impl("view", &at::native::view);
    aten.impl("_reshape_alias", &at::native::_reshape_alias);
    aten.impl("unfold", &at::native::unfold);
    aten.impl("resize_", &resize);
    aten.impl("copy_", &copy);
    // LibTorch would look for one of the device's own.
    aten.impl("convolution", torch::CppFunction::makeFromBoxedFunction<&any>());
    aten.impl("_convolution", torch::CppFunction::makeFromBoxedFunction<&any>());
}

} // namespace oldfilm::testing::late

#pragma once
/// \file
/// Ownership of tensors that cross the plugin boundary.

#include <oldfilm/plugin.h>

#include <utility>

namespace oldfilm::sdk {

/// An owned tensor, released by the destructor (move-only), or one that the host lends.
class TensorRef {
  public:
    TensorRef() noexcept : tensor_{} {}
    /// Takes ownership of a given tensor.
    explicit TensorRef(const oldfilm_tensor& given) noexcept : tensor_(given) {}
    TensorRef(TensorRef&& other) noexcept : tensor_(std::exchange(other.tensor_, {})) {}
    TensorRef& operator=(TensorRef&& other) noexcept {
        std::swap(tensor_, other.tensor_);
        return *this;
    }
    ~TensorRef() {
        if (tensor_.release != nullptr) {
            tensor_.release(tensor_.owner, tensor_.stream);
        }
    }
    [[nodiscard]] const oldfilm_tensor& get() const noexcept { return tensor_; }
    [[nodiscard]] const oldfilm_tensor* operator->() const noexcept { return &tensor_; }
    /// Transfers ownership to the caller; this object is then empty.
    [[nodiscard]] oldfilm_tensor release() noexcept { return std::exchange(tensor_, {}); }
    /// The first element as T; the tensor must be on the CPU.
    template <class T>
    [[nodiscard]] T* data() const noexcept {
        return static_cast<T*>(tensor_.data);
    }

  private:
    oldfilm_tensor tensor_;
};

} // namespace oldfilm::sdk

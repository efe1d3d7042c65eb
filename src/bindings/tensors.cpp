#include "tensors.hpp"

#include <ATen/DLConvertor.h>

namespace oldfilm::bindings {
namespace {

namespace nb = nanobind;

constexpr const char* unused = "dltensor";
constexpr const char* used = "used_dltensor";

/// Deletes the tensor of a capsule that nobody took it from.
void destroy(PyObject* capsule) {
    if (PyCapsule_IsValid(capsule, unused) != 0) {
        auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, unused));
        managed->deleter(managed);
    }
}

nb::object helper(const char* name) {
    return nb::module_::import_("oldfilm._tensors").attr(name);
}

} // namespace

nb::object to_python(const at::Tensor& tensor) {
    if (!tensor.defined()) {
        return nb::none();
    }
    DLManagedTensor* managed = at::toDLPack(tensor);
    const nb::object capsule = nb::steal(PyCapsule_New(managed, unused, destroy));
    if (!capsule.is_valid()) {
        managed->deleter(managed);
        throw nb::python_error();
    }
    return helper("from_capsule")(capsule);
}

at::Tensor to_tensor(nb::handle object) {
    const nb::object capsule = helper("to_capsule")(object);
    auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule.ptr(), unused));
    if (managed == nullptr) {
        throw nb::python_error();
    }
    at::Tensor tensor = at::fromDLPack(managed);
    PyCapsule_SetName(capsule.ptr(), used); // its tensor belongs to `tensor` now
    return tensor;
}

} // namespace oldfilm::bindings

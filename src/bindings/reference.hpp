#pragma once
/// \file
/// References to Python objects from threads that don't hold the GIL.

#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>

#include <memory>

namespace oldfilm::bindings {

/// A shared reference that any thread may drop. It outlives the interpreter: nothing is done then.
using Reference = std::shared_ptr<const nanobind::handle>;

/// Refers to `object`. Call it with the GIL held.
inline Reference reference_to(nanobind::handle object) {
    object.inc_ref();
    return {new nanobind::handle(object), [](const nanobind::handle* held) {
                const std::unique_ptr<const nanobind::handle> owned(held);
                if (const nanobind::detail::cleanup_guard guard{}) {
                    owned->dec_ref();
                }
            }};
}

/// Holds the GIL. Throws `std::runtime_error` if the interpreter is shutting down.
class HeldGil {
  public:
    HeldGil() {
        if (!gil_.is_valid()) {
            throw std::runtime_error("Python is shutting down");
        }
    }

  private:
    nanobind::gil_scoped_acquire gil_;
};

} // namespace oldfilm::bindings

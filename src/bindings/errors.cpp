#include "errors.hpp"

#include "casts.hpp"

#include <oldfilm/error.hpp>

namespace oldfilm::bindings {
namespace {

void raise(const Error& error) {
    try {
        const nb::object type = nb::module_::import_("oldfilm._errors").attr("Error");
        PyErr_SetObject(type.ptr(), type(error.what(), to_string(error.code())).ptr());
    } catch (nb::python_error& failed) {
        failed.restore();
    }
}

} // namespace

void translate_errors() {
    nb::register_exception_translator([](const std::exception_ptr& thrown, void* /*payload*/) {
        try {
            std::rethrow_exception(thrown);
        } catch (const Error& error) {
            raise(error);
        }
    });
}

std::string described(const nb::python_error& error) {
    try {
        return nb::cast<std::string>(
            nb::module_::import_("oldfilm._errors").attr("described")(error.value()));
    } catch (const std::exception&) {
        return error.what();
    }
}

} // namespace oldfilm::bindings

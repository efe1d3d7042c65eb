#pragma once
/// \file
/// The parts of the module `oldfilm._core`. Each adds its classes and functions.

#include <nanobind/nanobind.h>

namespace oldfilm::bindings {

void bind_frames(nanobind::module_& module);
void bind_plugins(nanobind::module_& module);
void bind_media(nanobind::module_& module);
void bind_analysis(nanobind::module_& module);
void bind_pipeline(nanobind::module_& module);
void bind_run(nanobind::module_& module);
void bind_restore(nanobind::module_& module);

} // namespace oldfilm::bindings

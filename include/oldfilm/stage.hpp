#pragma once
/// \file
/// The C++ wrapper of <oldfilm/plugin.h> for authors of stages: header-only, without dependencies
/// on libraries (no LibTorch). Derive from `sdk::Stage`, describe the class with `sdk::describe`,
/// and export it with `OLDFILM_PLUGINS`.
///
/// This header includes what every stage uses. <oldfilm/stage_torch.hpp> adds `at::Tensor`, and
/// <oldfilm/sdk/...> has helpers for common tasks, to be included one by one:
///
/// without LibTorch:  window.hpp, trend.hpp
/// with LibTorch:     luma.hpp, resize.hpp, warp.hpp, grow.hpp, fill.hpp
/// with nlohmann/json:  manifest.hpp

#include <oldfilm/sdk/about.hpp>
#include <oldfilm/sdk/analysis.hpp>
#include <oldfilm/sdk/config.hpp>
#include <oldfilm/sdk/describe.hpp>
#include <oldfilm/sdk/enums.hpp>
#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/live_parameters.hpp>
#include <oldfilm/sdk/model.hpp>
#include <oldfilm/sdk/parameter.hpp>
#include <oldfilm/sdk/request.hpp>
#include <oldfilm/sdk/stage.hpp>
#include <oldfilm/sdk/tensor_ref.hpp>
#include <oldfilm/sdk/values.hpp>

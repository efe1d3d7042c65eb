#pragma once
/// \file
/// <oldfilm/stage.hpp> with `at::Tensor`, for stages that are built with the host's own LibTorch.

#include <oldfilm/sdk/torch.hpp>
#include <oldfilm/sdk/torch_model.hpp>
#include <oldfilm/stage.hpp>

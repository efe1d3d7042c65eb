#pragma once
/// \file
/// Visibility: everything is hidden except what carries OLDFILM_API.

#define OLDFILM_API __attribute__((visibility("default")))

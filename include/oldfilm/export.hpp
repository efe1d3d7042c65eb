#pragma once
/// \file
/// Symbol visibility: symbols are hidden unless marked OLDFILM_API.

#define OLDFILM_API __attribute__((visibility("default")))

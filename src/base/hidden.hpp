#pragma once
/// \file
/// For the private half of a public class: it would inherit the class's visibility otherwise.

#define OLDFILM_HIDDEN __attribute__((visibility("hidden")))

// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include <exception>

void bind_model(nanobind::module_& m);
void bind_function(nanobind::module_& m);

/// What a function of Python's threw in the run that is about to end; nothing if none did.
[[nodiscard]] std::exception_ptr take_failure();

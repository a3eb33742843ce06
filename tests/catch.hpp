// SPDX-License-Identifier: MIT
// One header for Catch2 2 and 3, and the names that tests use from it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
namespace Catch::Matchers {
using ::Catch::WithinAbs;
using ::Catch::WithinRel;
}  // namespace Catch::Matchers
#endif

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

// SPDX-License-Identifier: MIT
// One header for Catch2 2 and 3, and the names that tests use from it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
namespace Catch::Matchers {
using ::Catch::WithinAbs;
using ::Catch::WithinRel;
inline auto ContainsSubstring(const std::string& part) { return ::Catch::Contains(part); }
}  // namespace Catch::Matchers
#endif

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

// The run of all tests of a program, for one with a main of its own (catch_session.cpp).
int run_catch(int argc, char** argv);

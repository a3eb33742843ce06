// SPDX-License-Identifier: MIT
// Catch2 2 is a header alone: its body is compiled here, once for all programs of tests.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int run_catch(int argc, char** argv) { return Catch::Session().run(argc, argv); }

// SPDX-License-Identifier: MIT
TEST_CASE("a fault in a string: docs/theory.md section 6") {}

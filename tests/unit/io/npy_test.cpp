// SPDX-License-Identifier: MIT
#include <cstring>
#include <moebius/io/npy.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("an array file has NumPy's header and its numbers row by row", "[io]") {
    const table values{{"a", "b"}, {{1, 2, 3}, {-1, 0.5, 1e-310}}};

    const std::string bytes = to_npy(values);

    // numpy.lib.format, version 1.0: magic, version, header length, header padded to 64, data.
    REQUIRE(bytes.size() == 128 + 6 * sizeof(double));
    CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
    CHECK(static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]) == 118);
    CHECK(bytes.substr(10, 59) == "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }");
    CHECK(bytes[127] == '\n');
    double rows[6];
    std::memcpy(rows, bytes.data() + 128, sizeof rows);
    const double expected[6] = {1, -1, 2, 0.5, 3, 1e-310};
    CHECK(std::memcmp(rows, expected, sizeof rows) == 0);
}

// SPDX-License-Identifier: MIT
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/result_schema.hpp>

#include "catch.hpp"

using namespace moebius;

TEST_CASE("the schema that is published is the one that is read by", "[io][schema]") {
    const auto made = result_schema();
    const auto published = read_file(MOEBIUS_DATA_DIR "/../docs/schema/result.schema.json");
    if (published != made) write_file("result.schema.json", made);
    INFO("result.schema.json, in the folder of the test, is what docs/schema needs");
    CHECK(published == made);
}

// SPDX-License-Identifier: MIT
#include <moebius/base/file_reader.hpp>
#include <random>
#include <string>

#include "catch.hpp"
#include "scratch_file.hpp"

using namespace moebius;

TEST_CASE("a file that is not left in the cache has the same bytes, and again from any place",
          "[base]") {
    std::string bytes((std::size_t{3} << 23) + 12345, '\0');
    std::mt19937_64 draw(1);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        const auto number = draw();
        bytes.replace(at, 8, reinterpret_cast<const char*>(&number), 8);
    }
    const scratch_file made(bytes);
    file_reader file(made.path, 0);
    std::string got(bytes.size() + 1, '\0');
    for (const std::size_t from : {std::size_t{0}, std::size_t{1} << 23, std::size_t{77}}) {
        file.go_to(from);
        got.resize(bytes.size() + 1);
        got.resize(file.read(got));
        CHECK((got == std::string_view(bytes).substr(from)));
    }
}

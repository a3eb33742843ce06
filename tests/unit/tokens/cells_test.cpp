// SPDX-License-Identifier: MIT
// Cells that are read many at once, beside strtod of each by itself.
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <moebius/tokens/cells.hpp>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;

namespace {

std::string digits(std::mt19937& random, int least, int most) {
    std::string out;
    for (int n = std::uniform_int_distribution(least, most)(random); n > 0; --n)
        out += static_cast<char>('0' + std::uniform_int_distribution(0, 9)(random));
    return out;
}

/// Whole numbers, fractions, and what else a table may hold.
std::string cell_in(std::mt19937& random) {
    switch (std::uniform_int_distribution(0, 9)(random)) {
        case 0:
            return "-" + digits(random, 1, 5);
        case 1:
            return digits(random, 1, 3) + "e-" + digits(random, 1, 2);
        case 2:
            return " " + digits(random, 1, 9) + "." + digits(random, 0, 9) + " ";
        case 3:
            return "." + digits(random, 1, 30);
        case 4:
            return digits(random, 1, 20);
        case 5:
            return digits(random, 50, 150);
        case 6:
            return digits(random, 1, 4);
        default:
            return digits(random, 1, 9) + "." + digits(random, 0, 20);
    }
}

/// What take_numbers says of a line, which 8 bytes follow.
std::vector<double> numbers_of(const std::string& line, std::size_t room, std::size_t& left) {
    const std::string padded = line + ",7.77777";
    const char *at = padded.data(), *const end = at + line.size();
    std::vector<double> out, some(room);
    while (at <= end) {
        const auto taken = csv::take_numbers(at, end, ',', some);
        if (taken.count == 0) break;
        out.insert(out.end(), some.data(), some.data() + taken.count);
        at = taken.next;
    }
    left = at > end ? 0 : static_cast<std::size_t>(end - at);
    return out;
}

}  // namespace

TEST_CASE("take_numbers rounds each cell as strtod does", "[tokens][oracle]") {
    std::mt19937 random(1);
    std::size_t wrong = 0, cells = 0;
    for (int row = 0; row < 2000; ++row) {
        std::vector<std::string> parts(std::uniform_int_distribution<std::size_t>(1, 60)(random));
        std::string line;
        for (auto& one : parts) line += (line.empty() ? "" : ",") + (one = cell_in(random));
        std::size_t left = 0;

        const auto values = numbers_of(line, csv::most_cells_at_once + 1 + parts.size() % 50, left);

        REQUIRE(left == 0);
        REQUIRE(values.size() == parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const double expected = std::strtod(parts[i].c_str(), nullptr);
            wrong +=
                std::bit_cast<std::uint64_t>(values[i]) != std::bit_cast<std::uint64_t>(expected);
        }
        cells += parts.size();
    }
    INFO(cells << " cells");
    CHECK(wrong == 0);
}

TEST_CASE("take_numbers reads whole numbers of any length alike on each processor",
          "[tokens][oracle]") {
    std::mt19937 random(2);
    std::string line;
    std::vector<double> expected;
    for (int i = 0; i < 5000; ++i) {
        const int longest = i < 3000 ? 3 : i < 4000 ? 8 : 17;
        const auto cell = digits(random, 1, longest);
        expected.push_back(std::strtod(cell.c_str(), nullptr));
        line += (line.empty() ? "" : ",") + cell;
    }
    for (std::size_t shift = 0; shift < 70;
         ++shift, line = "1," + line, expected.insert(expected.begin(), 1))
        on_each_target([&] {
            std::size_t left = 0;
            CHECK(numbers_of(line, 100 + 50 * shift, left) == expected);
            CHECK(left == 0);
        });
}

TEST_CASE("take_numbers tells whether numbers need no look at their signs", "[tokens]") {
    const auto is_plain = [](const std::string& cell, std::size_t before) {
        std::string line;
        for (std::size_t i = 0; i < before; ++i) line += "12,";
        const std::string padded = line + cell + ",8        ";
        std::vector<double> room(200);
        return csv::take_numbers(padded.data(), padded.data() + padded.size() - 8, ',', room).plain;
    };
    for (std::size_t before = 0; before < 80; ++before) {
        for (const std::string cell : {"0", "12345678", "123456789012345", "0.25", "7.0"})
            CHECK(is_plain(cell, before));
        for (const std::string cell : {"-1", "-0", "-0.0", "1e999", "inf", "nan"})
            CHECK_FALSE(is_plain(cell, before));
    }
}

TEST_CASE("take_numbers stops before a cell that is no number", "[tokens]") {
    for (const std::string cell : {"", "-", ".", "1.2.3", "12a", "1 2", "\"5\"", "1/2", "3:"})
        for (std::size_t before = 0; before < 80; ++before) {
            std::string line;
            for (std::size_t i = 0; i < before; ++i) line += "7,";
            std::size_t left = 0;

            const auto values = numbers_of(line + cell, 200, left);
            INFO("'" << cell << "' behind " << before << " cells");
            CHECK(values == std::vector<double>(before, 7));
            CHECK(left == cell.size());
            CHECK(numbers_of(line + cell + ",8", 200, left).size() == before);
        }
}

TEST_CASE("take_numbers asks for room before it reads", "[tokens][edge]") {
    const std::string line = "1,2,3        ";
    std::vector<double> room(csv::most_cells_at_once);

    const auto taken = csv::take_numbers(line.data(), line.data() + 5, ',', room);

    CHECK(taken.count == 0);
    CHECK(taken.next == line.data());
}

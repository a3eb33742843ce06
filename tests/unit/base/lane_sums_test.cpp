// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/lane_sums.hpp>
#include <numeric>
#include <random>
#include <vector>

#include "catch.hpp"
#include "each_target.hpp"

using namespace moebius;
using Catch::Matchers::WithinRel;

namespace {

std::vector<double> numbers(std::size_t count, unsigned seed) {
    std::mt19937_64 draw(seed);
    std::lognormal_distribution<double> number(0, 3);
    std::vector<double> out(count);
    std::generate(out.begin(), out.end(), [&] { return number(draw); });
    return out;
}

}  // namespace

TEST_CASE("totals are those of a plain loop, and the same on each processor", "[base][oracle]") {
    for (std::size_t count = 0; count < 70; ++count) {
        const auto all = numbers(count, 1);
        const double sum = std::accumulate(all.begin(), all.end(), 0.0);
        const double most = std::accumulate(all.begin(), all.end(), 0.0,
                                            [](double a, double b) { return std::max(a, b); });
        const auto here = lane_total_of(all);
        on_each_target([&] {
            const auto total = lane_total_of(all);

            CHECK_THAT(total.sum, WithinRel(sum, 1e-14));
            CHECK(total.sum == here.sum);
            CHECK(total.largest == most);
        });
    }
}

TEST_CASE("scaled numbers and their squares are added up, as a plain loop does", "[base][oracle]") {
    for (std::size_t count = 0; count < 40; ++count)
        on_each_target([&] {
            const auto all = numbers(count, 2);
            auto sums = numbers(count, 3), squares = numbers(count, 4);
            auto expected_sums = sums, expected_squares = squares;
            for (std::size_t i = 0; i < count; ++i) {
                const double value = 0.3 * all[i];
                expected_sums[i] += value;
                expected_squares[i] += value * value;
            }

            add_scaled(all, 0.3, sums, squares);

            CHECK(sums == expected_sums);
            CHECK(squares == expected_squares);

            add_to(squares, sums);
            for (std::size_t i = 0; i < count; ++i) expected_squares[i] += expected_sums[i];
            CHECK(squares == expected_squares);
        });
}

TEST_CASE("numbers are rounded to floats, and floats added up, as a plain loop does", "[base]") {
    for (std::size_t count = 0; count < 40; ++count)
        on_each_target([&] {
            const auto all = numbers(count, 8);
            std::vector<float> rounded(count);
            auto sums = numbers(count, 9);
            const std::vector<float> plain(all.begin(), all.end());
            auto expected = sums;
            for (std::size_t i = 0; i < count; ++i) expected[i] += static_cast<double>(plain[i]);

            round_to(all, rounded);
            add_to(sums, std::span<const float>(rounded));

            CHECK(rounded == plain);
            CHECK(sums == expected);
        });
}

TEST_CASE("a step's change is squared, added and kept in one pass", "[base][oracle]") {
    for (std::size_t count = 0; count < 40; ++count) {
        const auto all = numbers(count, 5), before = numbers(count, 6), sums = numbers(count, 7);
        double squares = 0;
        for (std::size_t i = 0; i < count; ++i) squares += std::pow(all[i] - before[i], 2);
        auto once = before, ignored = sums;
        const double here = add_change(all, once, ignored);
        on_each_target([&] {
            auto last = before, sum = sums;

            const double change = add_change(all, last, sum);

            CHECK_THAT(change, WithinRel(squares, 1e-14));
            CHECK(change == here);
            CHECK(last == all);
            for (std::size_t i = 0; i < count; ++i) CHECK(sum[i] == sums[i] + all[i]);
            scale_to(all, 0.3, sum);
            for (std::size_t i = 0; i < count; ++i) CHECK(sum[i] == 0.3 * all[i]);
        });
    }
}

TEST_CASE("products with columns are those of plain loops", "[base][oracle]") {
    for (std::size_t count = 0; count < 40; ++count) {
        const auto columns = numbers(8 * count, 8), all = numbers(count, 9);
        std::vector<double> here(8);
        products_with(columns, all, here);
        on_each_target([&] {
            std::vector<double> products(8);

            products_with(columns, all, products);

            CHECK(products == here);
            for (std::size_t c = 0; c < 8; ++c) {
                const auto at = columns.begin() + static_cast<std::ptrdiff_t>(c * count);
                CHECK_THAT(products[c],
                           WithinRel(std::inner_product(all.begin(), all.end(), at, 0.0), 1e-14));
            }
        });
    }
}

TEST_CASE("one fraction among whole numbers is seen wherever it is", "[base]") {
    for (std::size_t count = 1; count < 40; ++count)
        on_each_target([&] {
            std::vector<double> all(count, 0x1p52 - 1);
            all[count / 2] = 0x1p60;
            CHECK(are_whole(all));
            for (std::size_t at = 0; at < count; ++at) {
                auto broken = all;
                broken[at] = 2.5;
                CHECK_FALSE(are_whole(broken));
            }
        });
}

TEST_CASE("one number out of a range is seen wherever it is", "[base]") {
    const double least = 0, most = 0x1p53;
    for (std::size_t count = 1; count < 40; ++count)
        on_each_target([&] {
            std::vector<double> all(count, most);
            all[count / 2] = -0.0;
            CHECK(are_within(all, least, most));
            for (std::size_t at = 0; at < count; ++at)
                for (const double bad : {-0x1p-1074, 0x1p53 + 2, not_a_number, infinite}) {
                    auto broken = all;
                    broken[at] = bad;
                    CHECK_FALSE(are_within(broken, least, most));
                }
        });
}

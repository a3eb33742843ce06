// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/tokens/labelled_data.hpp>
#include <numeric>
#include <string_view>

namespace moebius {
namespace {

[[noreturn]] void reject(std::string_view who, std::string_view got, std::string_view needed) {
    throw invalid_argument(who, got, needed);
}

std::uint32_t small(std::size_t i) { return static_cast<std::uint32_t>(i); }

/// Rows in the order of their random keys.
void shuffle(std::vector<std::uint32_t>& rows, std::uint64_t seed, std::uint64_t what) {
    const auto key = [&](std::uint32_t row) {
        const auto w = random_words(seed, random_stream::shuffle, what, row);
        return std::pair((std::uint64_t{w[1]} << 32) | w[0], row);
    };
    std::sort(rows.begin(), rows.end(),
              [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
}

/// The side of a square image; 0 if the width is no square.
std::size_t side_of(std::size_t width) {
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(width))));
    return side * side == width ? side : 0;
}

void add_noise(labelled_data& data, double spread, std::uint64_t seed) {
    for (std::size_t r = 0; r < data.rows(); ++r)
        for (std::size_t i = 0; i < data.width; i += 2) {
            const auto w =
                random_words(seed, block(random_stream::damage, small(1 + i / 2)), 0, small(r));
            const auto [a, b] = normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3]));
            double* at = data.inputs.data() + r * data.width + i;
            at[0] += spread * a;
            if (i + 1 < data.width) at[1] += spread * b;
        }
}

void occlude(labelled_data& data, std::size_t square, std::uint64_t seed) {
    const std::size_t side = side_of(data.width), places = side - square + 1;
    for (std::size_t r = 0; r < data.rows(); ++r) {
        const auto w = random_words(seed, random_stream::damage, 0, small(r));
        const std::size_t top = (std::uint64_t{w[0]} * places) >> 32;
        const std::size_t left = (std::uint64_t{w[1]} * places) >> 32;
        for (std::size_t y = top; y < top + square; ++y)
            for (std::size_t x = left; x < left + square; ++x)
                data.inputs[r * data.width + y * side + x] = 0;
    }
}

void shift(labelled_data& data, int pixels) {
    const auto side = static_cast<int>(side_of(data.width));
    const auto old = data.inputs;
    for (std::size_t r = 0; r < data.rows(); ++r)
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                const int from_y = y - pixels, from_x = x - pixels;
                const bool inside =
                    std::min(from_y, from_x) >= 0 && std::max(from_y, from_x) < side;
                const auto at = [&](int row, int column) {
                    return r * data.width + static_cast<std::size_t>(row * side + column);
                };
                data.inputs[at(y, x)] = inside ? old[at(from_y, from_x)] : 0;
            }
}

}  // namespace

labelled_data labelled(token_table table) {
    constexpr double exact = 9007199254740992;  // 2^53: whole numbers beyond it merge
    constexpr std::size_t most_classes = 65536, most_features = 65536;
    if (table.columns < 2)
        reject("labelled", fmt::format("{} columns came", table.columns),
               "features and a class in the last column are needed");
    if (table.columns - 1 > most_features)
        reject("labelled", fmt::format("{} features came", table.columns - 1),
               fmt::format("{} are the most", most_features));
    labelled_data data;
    data.width = table.columns - 1;
    std::map<double, std::uint32_t> classes;
    double largest = 0;
    for (std::size_t r = 0; r < table.rows; ++r) {
        const double* row = table.values.data() + r * table.columns;
        const double label = row[data.width];
        if (label != std::floor(label))
            reject("labelled", fmt::format("line {} ends in {:g}", r + 1, label),
                   "the last column is the class, a whole number");
        if (!(std::abs(label) < exact))
            reject("labelled", fmt::format("line {} ends in class {}", r + 1, label),
                   "classes must be below 2^53, where double precision tells them apart");
        if (classes.emplace(label, 0).second && classes.size() > most_classes)
            reject("labelled", fmt::format("more than {} classes came", most_classes),
                   "the last column is the class");
        for (std::size_t i = 0; i < data.width; ++i) largest = std::max(largest, std::abs(row[i]));
    }
    for (auto& [label, number] : classes) number = small(data.classes++);
    if (largest == 0) largest = 1;
    data.labels.reserve(table.rows);
    double* to = table.values.data();  // the features move up in place: no second table
    for (std::size_t r = 0; r < table.rows; ++r) {
        const double* row = table.values.data() + r * table.columns;
        data.labels.push_back(classes.at(row[data.width]));
        for (std::size_t i = 0; i < data.width; ++i) *to++ = row[i] / largest;
    }
    table.values.resize(table.rows * data.width);
    data.inputs = std::move(table.values);
    return data;
}

data_split stratified_split(const labelled_data& data, double test_share, std::uint64_t seed) {
    if (!(test_share >= 0 && test_share < 1))
        reject("stratified_split", fmt::format("a test share of {} came", test_share),
               "it must be in [0, 1)");
    std::vector<std::vector<std::uint32_t>> members(data.classes);
    for (std::size_t r = 0; r < data.rows(); ++r) members[data.labels[r]].push_back(small(r));
    data_split split;
    for (auto& rows : members) {
        shuffle(rows, seed, 0);
        const auto held =
            static_cast<std::ptrdiff_t>(std::lround(test_share * static_cast<double>(rows.size())));
        split.test.insert(split.test.end(), rows.begin(), rows.begin() + held);
        split.train.insert(split.train.end(), rows.begin() + held, rows.end());
    }
    if (split.train.empty())
        reject("stratified_split", fmt::format("{} examples came", data.rows()),
               "the share that is held out leaves nothing to train on");
    shuffle(split.train, seed, 1);
    shuffle(split.test, seed, 1);
    return split;
}

labelled_data corrupt(const labelled_data& data, const corruption& how, std::uint64_t seed) {
    if (!(how.noise >= 0 && std::isfinite(how.noise)))
        reject("corrupt", fmt::format("noise is {}", how.noise), "it must be >= 0 and finite");
    const auto side = side_of(data.width);
    const auto reach = std::max(how.occlusion, static_cast<std::size_t>(std::abs(how.shift)));
    if (reach > 0 && side < reach)
        reject("corrupt", fmt::format("{} pixels came for {} features", reach, data.width),
               "they must be those of a square image that is larger");
    auto result = data;
    if (how.shift != 0) shift(result, how.shift);
    if (how.occlusion > 0) occlude(result, how.occlusion, seed);
    if (how.noise > 0) add_noise(result, how.noise, seed);
    return result;
}

}  // namespace moebius

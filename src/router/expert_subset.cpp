// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/expert_subset.hpp>
#include <numeric>

#include "rows.hpp"

namespace moebius {
namespace {

void check_k(std::string_view who, std::size_t experts, std::size_t k) {
    if (k < 1 || k > experts)
        throw invalid_argument(who, fmt::format("k is {} for {} experts", k, experts),
                               "it must be in [1, experts]");
}

/// The next subset in lexicographic order, in place; false after the last.
bool advance(std::vector<std::size_t>& subset, std::size_t experts) {
    const std::size_t k = subset.size();
    for (std::size_t i = k; i-- > 0;) {
        if (subset[i] == experts - k + i) continue;
        ++subset[i];
        for (std::size_t j = i + 1; j < k; ++j) subset[j] = subset[j - 1] + 1;
        return true;
    }
    return false;
}

}  // namespace

std::vector<double> combine_mass(std::span<const double> combine, std::size_t experts,
                                 std::size_t slots) {
    const std::size_t columns = experts * slots;
    if (columns == 0 || combine.size() % columns != 0)
        throw invalid_argument("combine_mass",
                               fmt::format("{} weights came for {} experts of {} slots",
                                           combine.size(), experts, slots),
                               "each token needs one a slot");
    std::vector<double> mass(experts);
    for (std::size_t i = 0; i < combine.size(); ++i) mass[i % columns / slots] += combine[i];
    return mass;
}

std::vector<std::size_t> top_subset(std::span<const double> mass, std::size_t k) {
    check_k("top_subset", mass.size(), k);
    std::vector<std::uint8_t> marks(mass.size());
    mark_largest(mass, mass, k, marks);
    std::vector<std::size_t> subset;
    for (std::size_t e = 0; e < mass.size(); ++e)
        if (marks[e]) subset.push_back(e);
    return subset;
}

/// The first k of a shuffle (Fisher and Yates).
std::vector<std::size_t> random_subset(std::size_t experts, std::size_t k, std::uint64_t seed,
                                       std::uint64_t input) {
    check_k("random_subset", experts, k);
    std::vector<std::size_t> order(experts);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = 0; i < k; ++i) {
        const auto words =
            random_words(seed, random_stream::picked, input, static_cast<std::uint32_t>(i));
        const auto rest = static_cast<double>(experts - i);
        std::swap(order[i],
                  order[i + static_cast<std::size_t>(uniform(words[0], words[1]) * rest)]);
    }
    order.resize(k);
    std::sort(order.begin(), order.end());
    return order;
}

scored_subset best_subset(std::size_t experts, std::size_t k,
                          const std::function<double(std::span<const std::size_t>)>& score) {
    check_k("best_subset", experts, k);
    double count = 1;
    for (std::size_t i = 0; i < k; ++i)
        count *= static_cast<double>(experts - i) / static_cast<double>(i + 1);
    if (count > 1e6 + 0.5)  // 0.5: the product is rounded
        throw invalid_argument(
            "best_subset", fmt::format("{} of {} experts make {:.3g} subsets", k, experts, count),
            "at most a million can be tried");
    std::vector<std::size_t> subset(k);
    std::iota(subset.begin(), subset.end(), std::size_t{0});
    scored_subset best{subset, -std::numeric_limits<double>::infinity()};
    do {
        const double value = score(subset);
        if (value > best.score) best = {subset, value};
    } while (advance(subset, experts));
    return best;
}

std::vector<double> subset_output(const soft_moe_layer& layer, const soft_moe_pass& pass,
                                  std::span<const std::size_t> subset, kept_weights weights) {
    for (const std::size_t e : subset)
        if (e >= layer.experts)
            throw invalid_argument("subset_output", fmt::format("the subset names expert {}", e),
                                   fmt::format("the layer has {}, from 0", layer.experts));
    const std::size_t columns = layer.all_slots(), d = layer.width;
    const std::size_t tokens = pass.combine.size() / columns;
    std::vector<double> output(tokens * d);
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto out = row_of(output, t, d);
        double kept = 0;
        for (const std::size_t e : subset)
            for (std::size_t j = e * layer.slots; j < (e + 1) * layer.slots; ++j) {
                const double weight = pass.combine[t * columns + j];
                kept += weight;
                for (std::size_t q = 0; q < d; ++q) out[q] += weight * pass.slot_outputs[j * d + q];
            }
        if (weights == kept_weights::renormalised && kept > 0)
            for (double& value : out) value /= kept;
    }
    return output;
}

}  // namespace moebius

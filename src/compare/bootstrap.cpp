// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/bootstrap.hpp>
#include <numeric>

namespace moebius {

std::size_t draws_of(std::size_t seeds, const bootstrap_options& how) {
    return seeds < 2 ? 0 : how.draws;
}

std::vector<std::size_t> drawn_seeds(std::size_t seeds, std::size_t draw, std::uint64_t seed) {
    std::vector<std::size_t> out(seeds);
    for (std::size_t i = 0; i < seeds; ++i) {
        const auto word =
            random_words(seed, random_stream::picked, draw, static_cast<std::uint32_t>(i))[0];
        out[i] = (word * std::uint64_t{seeds}) >> 32;
    }
    return out;
}

drawn_interval interval_of_draws(double value, std::vector<double> draws, double level) {
    if (draws.empty() ||
        std::any_of(draws.begin(), draws.end(), [](double one) { return std::isnan(one); }))
        return {value, not_a_number, not_a_number};
    std::sort(draws.begin(), draws.end());
    const auto at = [&](double share) {
        return draws[static_cast<std::size_t>(share * static_cast<double>(draws.size() - 1))];
    };
    return {value, at((1 - level) / 2), at((1 + level) / 2)};
}

drawn_interval bootstrap_mean(const std::vector<double>& values, const bootstrap_options& how) {
    std::vector<double> known;
    for (const double value : values)
        if (!std::isnan(value)) known.push_back(value);
    if (known.empty()) return {not_a_number, not_a_number, not_a_number};
    const auto n = static_cast<double>(known.size());
    std::vector<double> means(draws_of(known.size(), how), 0.0);
    for (std::size_t d = 0; d < means.size(); ++d)
        for (const auto pick : drawn_seeds(known.size(), d, how.seed)) means[d] += known[pick] / n;
    return interval_of_draws(std::accumulate(known.begin(), known.end(), 0.0) / n, std::move(means),
                             how.level);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/expert_validation.hpp>
#include <numeric>

#include "expert_points.hpp"

namespace moebius {
namespace {

constexpr std::size_t draws_of_winners = 20'000;  // for a chance that is known to 1e-4

expert_jumps jumps_at(const expert_sweep& sweep, const std::vector<double>& passages) {
    expert_jumps result{jumps_of(passages, sweep.plan), spread_of(passages).count, 0, {}};
    result.z = rank_deviate(result.measured, sweep.jump.ensemble);
    const auto measured = spread_of(result.measured), expected = spread_of(sweep.jump.ensemble);
    const auto of_mean = [](const spread& s) {
        return s.sd / std::sqrt(static_cast<double>(s.count));
    };
    result.edge = {measured.mean - (expected.mean - sweep.jump.end),
                   std::hypot(of_mean(measured), of_mean(expected))};
    return result;
}

/// The experts above the middle between the highest and the lowest score.
std::vector<std::size_t> winners_of(const std::vector<double>& scores) {
    const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
    std::vector<std::size_t> result;
    for (std::size_t e = 0; e < scores.size(); ++e)
        if (scores[e] > (*low + *high) / 2) result.push_back(e);
    return result;
}

double unevenness(const std::vector<std::size_t>& counts) {
    double squares = 0;
    for (const std::size_t n : counts) squares += static_cast<double>(n) * static_cast<double>(n);
    return squares;
}

/// The chance that so many runs, each with its number of winners, are as unevenly won if all
/// experts are alike: by drawing them.
double chance_of_winners(const std::vector<std::size_t>& counts,
                         const std::vector<std::size_t>& numbers, std::uint64_t seed) {
    const double seen = unevenness(counts);
    std::size_t as_uneven = 1;
    std::vector<std::size_t> order(counts.size());
    for (std::size_t d = 0; d < draws_of_winners; ++d) {
        std::vector<std::size_t> drawn(counts.size());
        std::uint32_t index = 0;
        for (const std::size_t number : numbers) {
            std::iota(order.begin(), order.end(), std::size_t{0});
            for (std::size_t i = 0; i < number; ++i) {  // the first of a random permutation
                const auto w = random_words(seed, random_stream::picked, d, index++);
                const double u = uniform(w[0], w[1]);
                const auto left = static_cast<double>(order.size() - i);
                std::swap(order[i], order[i + static_cast<std::size_t>(u * left)]);
                ++drawn[order[i]];
            }
        }
        as_uneven += unevenness(drawn) >= seen;
    }
    return static_cast<double>(as_uneven) / static_cast<double>(draws_of_winners + 1);
}

void count_winners(expert_validation& v, const std::vector<std::vector<double>>& last,
                   std::uint64_t seed) {
    v.winners.assign(v.predicted.router.experts, 0);
    std::vector<std::size_t> numbers;
    for (const auto& scores : last) {
        const auto won = winners_of(scores);
        for (const std::size_t e : won) ++v.winners[e];
        numbers.push_back(won.size());
    }
    v.winners_p = chance_of_winners(v.winners, numbers, seed);
}

/// Why the settings allow no verdict; empty if they do.
std::string roughness(const expert_validation& v) {
    std::vector<std::string> excuses;
    for (const auto& point : v.steady) excuses.push_back(point.excuse);
    auto why = too_many_excuses(excuses);
    for (const auto& sweep : v.predicted.sweeps) {
        const auto& all = sweep.jump.ensemble;
        const auto stayed = std::count(all.begin(), all.end(), sweep.plan.legs.back().to);
        if (why.empty()) why = too_fast(sweep.name, static_cast<std::size_t>(stayed), all.size());
    }
    return why;
}

/// Whether theory says why a state is left soon, or slowly: it is near its end.
bool is_near_its_end(const std::string& excuse) {
    return excuse.starts_with("settle") || excuse.starts_with("batch");
}

/// Excuses what some runs may have moved through: at a hold where a state that had runs at the hold
/// before is near its end, or stable no longer, and is no branch whose jump was foreseen.
/// @param first  of the points of this hold; those of the hold before start at `before`
void excuse_passages(const expert_prediction& predicted, std::size_t before, std::size_t first,
                     std::vector<expert_point>& points) {
    const auto sizes = [&](const expert_point& p) -> const std::vector<std::size_t>& {
        return predicted.sweeps[p.sweep].holds[p.hold].stable[p.state].sizes;
    };
    bool left = false;
    for (std::size_t i = before; i < first && first < points.size(); ++i) {
        const auto& sweep = predicted.sweeps[points[i].sweep];
        const auto& stable = sweep.holds[points[first].hold].stable;
        const bool foreseen = sizes(points[i]) == sizes(points[0]);
        left = left || (!foreseen && std::none_of(stable.begin(), stable.end(), [&](const auto& s) {
                   return s.sizes == sizes(points[i]);
               }));
    }
    for (std::size_t i = first; i < points.size(); ++i)
        left = left || (points.size() - first > 1 && is_near_its_end(points[i].excuse));
    for (std::size_t i = first; left && i < points.size(); ++i)
        if (points[i].excuse.empty()) points[i].excuse = "runs leave another state near its end";
}

/// All points of one sweep, hold after hold.
std::vector<expert_point> points_of(const expert_prediction& predicted, std::size_t sweep,
                                    const measured_expert_sweep& measured,
                                    const validate_options& options) {
    std::vector<expert_point> points;
    std::size_t before = 0;
    for (std::size_t h = 0; h < predicted.sweeps[sweep].holds.size(); ++h) {
        const std::size_t first = points.size();
        add_points(predicted, sweep, h, measured.holds.at(h), options, points);
        excuse_passages(predicted, before, first, points);
        before = first;
    }
    return points;
}

verdict judge(const expert_validation& v, const validate_options& options) {
    std::vector<double> z;
    std::size_t not_judged = 0;
    for (const auto& point : v.steady)
        if (point.excuse.empty())
            z.push_back(deviate_of(point.p));
        else
            ++not_judged;
    for (const auto& jumps : v.jumps) z.push_back(jumps.z);
    z.push_back(deviate_of(v.winners_p));
    return verdict_on(z, not_judged, 0, options.chance, roughness(v));
}

}  // namespace

expert_validation compare_experts(expert_prediction predicted,
                                  const std::vector<measured_expert_sweep>& measured,
                                  const validate_options& options) {
    if (measured.size() != predicted.sweeps.size())
        throw invalid_argument("compare_experts",
                               fmt::format("{} measured sweeps came", measured.size()),
                               fmt::format("{} were predicted", predicted.sweeps.size()));
    expert_validation result;
    result.predicted = std::move(predicted);
    for (std::size_t s = 0; s < measured.size(); ++s) {
        const auto& sweep = result.predicted.sweeps[s];
        for (auto& point : points_of(result.predicted, s, measured[s], options))
            result.steady.push_back(std::move(point));
        result.jumps.push_back(jumps_at(sweep, measured[s].passages));
    }
    count_winners(result, measured.front().last, derived_seed(options.seed, ~std::uint64_t{0}));
    result.overall = judge(result, options);
    return result;
}

expert_validation validate_experts(const expert_router& router, const validate_options& options,
                                   const watch& watched) {
    auto predicted = predict_experts(router, options, {{}, watched.stop});
    try {
        const auto measured = measure_experts(router, predicted.sweeps, options, watched);
        return compare_experts(std::move(predicted), measured, options);
    } catch (const interrupted&) {
        expert_validation unmeasured;
        unmeasured.predicted = std::move(predicted);
        unmeasured.overall.sentence = "nothing was judged: the measurement was interrupted";
        throw cut_short<expert_validation>("validate", std::move(unmeasured));
    }
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include "winning_loads.hpp"

#include <algorithm>
#include <cmath>
#include <moebius/model/cell_field.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr double most_choices = 256;  // of winners, or of who has all that it can and who shares

std::vector<double> sizes_of(const field& model) {
    std::vector<double> sizes(model.experts(), 1);
    if (const cell_field* cells = model.cells())
        for (std::size_t g = 0; g < sizes.size(); ++g)
            sizes[g] = static_cast<double>(cells->groups().groups[g].size());
    return sizes;
}

/// How many winners there may be of so many groups and in how many ways, the fewest ways first: 1
/// of 9, 8 of 9, 2 of 9 and so on.
std::vector<std::pair<double, std::size_t>> numbers_of_winners(std::size_t groups) {
    std::vector<std::pair<double, std::size_t>> out;
    double choices = 1;
    for (std::size_t winners = 1; winners < groups; ++winners) {
        choices *= static_cast<double>(groups - winners + 1) / static_cast<double>(winners);
        out.emplace_back(std::round(choices), winners);
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

std::vector<std::vector<double>> winning_loads(const field& model, bool& all,
                                               const group_choice& apart) {
    const std::size_t groups = model.experts();
    const auto sizes = sizes_of(model);
    const double members = std::accumulate(sizes.begin(), sizes.end(), 0.0);
    std::vector<std::vector<double>> result;
    if (!apart) result.emplace_back(groups, 1 / members);
    double known = 1;
    for (const auto& [choices, winners] : numbers_of_winners(groups)) {
        all = winners == 1 || known + choices <= most_choices;
        if (!all) break;
        known += choices;
        std::vector<int> wins(groups, 0);
        std::fill_n(wins.begin(), winners, 1);
        do {
            if (apart && wins[apart->first] == wins[apart->second]) continue;
            std::vector<double> loads(groups);
            double winning = 0;
            for (std::size_t g = 0; g < groups; ++g) winning += wins[g] ? sizes[g] : 0;
            for (std::size_t g = 0; g < groups; ++g) loads[g] = wins[g] ? 1 / winning : 0;
            result.push_back(std::move(loads));
        } while (std::prev_permutation(wins.begin(), wins.end()));
    }
    return result;
}

std::vector<std::vector<double>> full_loads(const field& model, bool& all) {
    const double most = std::round(1 / model.most_load());
    const auto sizes = sizes_of(model);
    std::vector<std::vector<double>> result;
    if (most < 2) return result;
    enum part : char { lose, share, full };
    std::vector<part> parts(sizes.size(), lose);
    const auto next = [&parts] {
        for (part& one : parts) {
            one = one == lose ? share : one == share ? full : lose;
            if (one != lose) return true;
        }
        return false;
    };
    while (next()) {
        double taken = 0, sharing = 0;
        for (std::size_t g = 0; g < sizes.size(); ++g)
            (parts[g] == full ? taken : sharing) += parts[g] == lose ? 0 : sizes[g];
        if (taken == 0 || taken >= most || sharing <= most - taken) continue;
        if (static_cast<double>(result.size()) == most_choices) {
            all = false;
            return {};
        }
        auto& loads = result.emplace_back(sizes.size());
        for (std::size_t g = 0; g < sizes.size(); ++g)
            if (parts[g] != lose)
                loads[g] = (parts[g] == full ? 1 : (most - taken) / sharing) / most;
    }
    return result;
}

}  // namespace moebius

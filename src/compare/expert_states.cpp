// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/stable_states.hpp>
#include <moebius/compare/expert_states.hpp>
#include <numeric>

namespace moebius {
namespace {

/// A state on groups as one of all experts, by falling score.
expert_state spread_out(const stable_state& on) {
    std::vector<std::size_t> order(on.groups.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return on.state[a] > on.state[b]; });
    expert_state result;
    for (const std::size_t g : order) {
        result.sizes.push_back(on.groups.groups[g].size());
        result.scores.insert(result.scores.end(), result.sizes.back(), on.state[g]);
    }
    return result;
}

}  // namespace

std::vector<double> expert_state::mean_loads() const {
    auto mean = loads;
    std::transform(mean.begin(), mean.end(), noise.shift.begin(), mean.begin(), std::plus<>{});
    return mean;
}

double lead_of(std::span<const double> scores) {
    const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
    return *std::max_element(scores.begin(), scores.end()) -
           sum / static_cast<double>(scores.size());
}

std::vector<expert_state> stable_expert_states(const problem& at, const loop_batches& batches,
                                               const watch& watched) {
    std::vector<expert_state> result;
    for (const auto& found : stable_states(at, {})) {
        if (watched.stopping()) throw interrupted("stable_expert_states");
        auto next = spread_out(found);
        next.loads.resize(next.scores.size());
        at.model->loads(next.scores, at.parameters, next.loads);
        next.noise = modes_about(at, next.scores, next.sizes, batches);
        result.push_back(std::move(next));
    }
    std::sort(result.begin(), result.end(), [](const expert_state& a, const expert_state& b) {
        return lead_of(a.scores) < lead_of(b.scores);
    });
    return result;
}

}  // namespace moebius

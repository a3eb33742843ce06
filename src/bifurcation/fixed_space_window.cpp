// SPDX-License-Identifier: MIT
// A search over states and parameter at once, for closed curves that lie between the values at
// which states are searched.
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/quasi_random.hpp>
#include <moebius/continuation/find_equilibria.hpp>

#include "fixed_space.hpp"
#include "nearest_root.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int most_from_a_start = 4;      // roots by deflation
constexpr double beside = 4;              // scaled distance beyond which a branch does not repel
constexpr double longest_share = 0.03;    // of the window's diagonal: a step of Newton's method
constexpr std::size_t winners_every = 2;  // so many starts, one is a state that some cells win
constexpr std::size_t most_winners = 4;
constexpr double uneven = 0.6;  // of a winner's load to that of the one before

/// @param start  its number in the sequence
VectorXd start_between(const VectorXd& least, const VectorXd& most, std::size_t start) {
    VectorXd u(least.size());
    for (Index i = u.size(); i-- > 0;)  // the parameter by the first coordinate of the sequence
        u[i] = std::lerp(least[i], most[i],
                         kronecker_share(start, static_cast<std::size_t>(u.size() - 1 - i)));
    return u;
}

}  // namespace

/// Where the starts lie: in the window, every other one in the box of the model, and the rest
/// around the branches that are known.
fixed_space::box fixed_space::box_of(std::size_t start) const {
    const double unit = base().model->state_scale(base().parameters);
    const auto [least, most] = start_box(base());
    box out{VectorXd::Constant(n_ + 1, least / unit), VectorXd::Constant(n_ + 1, most / unit)};
    if (start % 2 == 0 && known_.has_branches()) {
        known_.span(out.low, out.high);
        out.low.array() -= 1;
        out.high.array() += 1;
    }
    out.low[n_] = 0;
    out.high[n_] = scaling::whole;
    return out;
}

/// The state at which one to four groups share all loads, evenly or not, the winners by the
/// sequence, if this start is one of those and the model has such states.
std::optional<VectorXd> fixed_space::won_start(std::size_t start) {
    const cell_field* cells = base().model->cells();
    if (cells == nullptr || start % winners_every != 0) return std::nullopt;
    const auto& groups = cells->groups().groups;
    std::vector<std::pair<double, std::size_t>> drawn;
    for (std::size_t g = 0; g < groups.size(); ++g)
        drawn.emplace_back(kronecker_share(start, g + 1), g);
    std::sort(drawn.begin(), drawn.end());
    const std::size_t winners = 1 + start / winners_every % std::min(most_winners, groups.size());
    const bool even = start / winners_every / most_winners % 2 == 0;
    std::vector<double> loads(groups.size());
    double sum = 0;
    for (std::size_t k = 0; k < winners; ++k) {
        const std::size_t g = drawn[k].second;
        loads[g] = even ? 1 : std::pow(uneven, static_cast<double>(k));
        sum += loads[g] * static_cast<double>(groups[g].size());
    }
    for (double& load : loads) load /= sum;
    p_ = base().parameters;
    const std::size_t free = curve_.units().free()[0];
    p_[free] = std::lerp(range_.from, range_.to, kronecker_share(start, 0));
    x_.resize(base().model->dimension());
    if (!base().model->rest(loads, p_, x_)) return std::nullopt;
    return curve_.units().scale(x_, p_);
}

bool fixed_space::is_inside(const VectorXd& u) const {
    return u[n_] >= 0 && u[n_] <= scaling::whole &&
           u.lpNorm<Eigen::Infinity>() <= options_.max_state;
}

void fixed_space::search_window(std::size_t start) {
    const box around = box_of(start);
    const VectorXd from = won_start(start).value_or(start_between(around.low, around.high, start));
    const double longest = longest_share * (around.high - around.low).norm();
    const points_beside known = [&](const VectorXd& u) {
        auto out = known_.nearest(u, beside);
        for (const auto& [i, j] : pairs_) equalise(out.emplace_back(u), {i, j});
        return out;
    };
    ++result_.search.starts;
    for (int again = 0; again <= most_from_a_start; ++again) {
        if (watch_.stopping()) throw interrupted("diagram");
        const bool plain = again == 0;  // it goes far where many branches repel
        const auto u = nearest_root(curve_, from, longest, plain ? points_beside() : known);
        const std::size_t branches = result_.branches.size();
        if (u && is_inside(*u)) look_at(*u);
        if (!plain && result_.branches.size() == branches) return;
    }
}

void fixed_space::look_at(const VectorXd& u) {
    const std::size_t branches = result_.branches.size(), states = result_.search.states;
    curve_.units().unscale(u, x_, p_);
    const auto x = x_;
    consider(x, p_[curve_.units().free()[0]]);
    if (result_.branches.size() == branches)
        result_.search.states = states;  // a point of a known branch is no news
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
// A search over states and parameter at once, for closed curves that lie between the values at
// which states are searched.
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

constexpr int most_from_a_start = 4;    // roots by deflation
constexpr double beside = 4;            // scaled distance beyond which a branch does not repel
constexpr double longest_share = 0.03;  // of the window's diagonal: a step of Newton's method

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

bool fixed_space::is_inside(const VectorXd& u) const {
    return u[n_] >= 0 && u[n_] <= scaling::whole &&
           u.lpNorm<Eigen::Infinity>() <= options_.max_state;
}

void fixed_space::search_window(std::size_t start) {
    const box around = box_of(start);
    const VectorXd from = start_between(around.low, around.high, start);
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

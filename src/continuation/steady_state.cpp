// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/steady_state.hpp>
#include <moebius/solve/newton.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr double most_steps = 200;    // and as many again as the longest ones need
constexpr double most_ways = 4;       // for so many times the start's distance from zero
constexpr double most_more = 2000;    // farther off, a flow takes longer than it tells
constexpr double first_move = 0.5;    // state scales that the first steps may go
constexpr double longest_move = 2;    // the same for all; a longer step is halved
constexpr double straight = 0.99;     // the cosine between steps of a way that goes on alike
constexpr double growth = 2;          // of a step's length in time, at most
constexpr double newtons_own = 1e-3;  // state scales: a step this short is near enough

}  // namespace

steady_state::steady_state(const problem& at)
    : own_(at),
      terms_(*own_.on().model, {0}),  // the border is any parameter's; its row keeps it still
      df_(terms_.new_linearization()),
      ones_(VectorXd::Ones(static_cast<Eigen::Index>(at.model->dimension()) + 1)),
      work_(ones_.size()),
      x_(at.model->dimension()),
      unit_(own_.on().model->state_scale(at.parameters)) {}

VectorXd steady_state::entered(VectorXd x) const {
    own_.enter(view(x));
    return x;
}

steady_state::state steady_state::left(state x) const {
    if (x) own_.leave(view(*x));
    return x;
}

std::optional<VectorXd> steady_state::from(VectorXd x) {
    return left(flow_from(entered(std::move(x))));
}

std::optional<VectorXd> steady_state::newton(const VectorXd& x) {
    return left(newton_from(entered(x)));
}

bool steady_state::evaluate(const VectorXd& x) {
    std::copy(x.begin(), x.end(), x_.begin());
    return terms_.evaluate(x_, own_.on().parameters);
}

/// by = (shift - f_x)^-1 f
bool steady_state::step(double shift, VectorXd& by) {
    terms_.fill(*df_, ones_, {}, shift);
    df_->factor(VectorXd::Unit(ones_.size(), ones_.size() - 1));
    return solve(by);
}

/// The same by factors that are there.
bool steady_state::solve(VectorXd& by) {
    work_ << -terms_.f(), 0;
    df_->solve_in_place(work_);
    by = work_.head(terms_.f().size());
    return by.allFinite();
}

steady_state::state steady_state::flow_from(VectorXd x) {
    VectorXd by, before = VectorXd::Zero(x.size());
    double shift = 0, last = 0;
    const double far = x.lpNorm<Eigen::Infinity>() / (longest_move * unit_);
    const double most = most_steps + std::min(most_ways * far, most_more);
    for (int k = 0; k < most; ++k) {
        if (!evaluate(x)) return std::nullopt;
        const double rate = terms_.f().lpNorm<Eigen::Infinity>();
        if (rate == 0) return x;
        if (k == 0)
            shift = rate / (first_move * unit_);
        else
            shift *= std::clamp(rate / last, 1 / growth, growth);
        last = rate;
        for (;; shift = std::max(2 * shift, rate / unit_)) {
            if (step(shift, by) && by.lpNorm<Eigen::Infinity>() <= longest_move * unit_ &&
                by.dot(terms_.f()) > 0)  // else a rate of growth is more than the shift
                break;
            if (!std::isfinite(shift)) return std::nullopt;
        }
        // the rate alone keeps all steps of a way as long as the first one
        if (by.dot(before) > straight * by.norm() * before.norm()) shift /= growth;
        before = by;
        x += by;
        const double moved = by.lpNorm<Eigen::Infinity>();
        if (moved > newtons_own * unit_ || moved * shift > rate / 2) continue;
        if (auto rest = newton_from(x); rest && (*rest - x).lpNorm<Eigen::Infinity>() < unit_ / 10)
            return rest;
    }
    return std::nullopt;
}

steady_state::state steady_state::newton_from(const VectorXd& x) {
    const bool dear = !terms_.is_structured() && x.size() >= kept_factors::from;
    kept_factors kept;
    const auto solved = newton_by_steps(
        [&](const VectorXd& at, VectorXd& f, VectorXd& by) {
            if (!evaluate(at)) return outcome::not_finite;
            f = terms_.f();
            if (!(dear && kept.may_serve() && solve(by) && kept.serve(at, by))) {
                if (!step(0, by)) return outcome::singular_jacobian;
                kept.renewed(by);
            }
            by = -by;
            return outcome::converged;
        },
        x);
    if (!solved) return std::nullopt;
    return solved.u;
}

std::size_t steady_state::unstable_at(const VectorXd& x) {
    static_cast<void>(evaluate(entered(x)));
    return terms_.stability_here(1).n_unstable;
}

}  // namespace moebius

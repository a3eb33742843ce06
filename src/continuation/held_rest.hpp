// SPDX-License-Identifier: MIT
// What a local fit of held loops says of the free loop's rest, with errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <moebius/continuation/measured_branch.hpp>

#include "held_fit.hpp"

namespace moebius {

/// The gap m = (e^u - 1)/(e^u + E - 1) of the logit of the first load l, and its derivatives by u.
struct gap_of_logit {
    double m, once, twice, thrice;

    gap_of_logit(double u, std::size_t experts) {
        const auto n = static_cast<double>(experts);
        const double e = std::exp(u), l = e / (e + n - 1), bend = 1 - 2 * l;
        m = (e - 1) / (e + n - 1);
        once = n * l * (1 - l) / (n - 1);
        twice = once * bend;
        thrice = once * (bend * bend - 2 * l * (1 - l));
    }
};

/// Scores of this lead at rest, as a fit tells them, with gradients over the fit's derivatives:
///   F = feedback m(u) + bias - decay x = 0,  u = u_0 + u_c w + u_cc w^2/2,
///   w = feedback/(decay E) - mean.
class rest_at {
public:
    rest_at(const measured_options& options, const held_fit& fit)
        : fit_(fit), decay_(options.decay), experts_(options.experts) {
        const auto& f = fit.derivatives;
        const double rise = decay_ * fit.lead - options.bias;
        const double held = gap_of_logit(f[held_fit::value], experts_).m;
        feedback_ = rise / held;
        for (int i = 0; i < 30; ++i) {  // Newton's method
            const auto gap = at_mean();
            feedback_ -= (feedback_ * gap.m - rise) / by_feedback(gap);
        }
        const auto gap = at_mean();
        const double q = by_feedback(gap), slope = slope_now();
        growth_ = feedback_ * gap.once * slope - decay_;
        turn_ = -growth_ / q;  // dF/dx = growth
        converged_ = std::abs(feedback_ * gap.m - rise) < 1e-9 * (1 + std::abs(rise)) &&
                     q * gap.m > 0 && gap.m * held > 0;
        known_ = converged_ && (options.mean_spread == 0 || std::abs(w_) * options.beta <= 1);

        auto by_u = held_fit::vector::Zero().eval(), by_slope = by_u;
        by_u[held_fit::value] = by_slope[held_fit::by_lead] = 1;
        by_u[held_fit::by_mean] = by_slope[held_fit::by_both] = w_;
        by_u[held_fit::by_mean_twice] = w_ * w_ / 2;
        by_feedback_ = -feedback_ * gap.once / q * by_u;
        by_u += by_mean() * mean_by_feedback() * by_feedback_;
        by_slope += f[held_fit::by_both] * mean_by_feedback() * by_feedback_;
        by_gap_ = gap.once * by_u;
        by_growth_ = gap.once * slope * by_feedback_ +
                     feedback_ * (gap.twice * slope * by_u + gap.once * by_slope);
        gap_ = gap.m;
    }

    [[nodiscard]] measured_point point() const {
        const auto error = [&](const auto& gradient) { return fit_.error(gradient); };
        return {fit_.lead,           gap_,    error(by_gap_),   feedback_,
                error(by_feedback_), growth_, error(by_growth_)};
    }

    /// dfeedback/dlead along the branch.
    [[nodiscard]] double turn() const { return turn_; }

    /// Whether there is such a feedback, more of it needs more lead than is held, and its gap is
    /// not the other way: whereto a branch is followed.
    [[nodiscard]] bool converged() const { return converged_; }

    /// Whether its mean score is no more than 1/beta off those that were held, too: beyond them a
    /// fit knows nothing that could be told.
    [[nodiscard]] bool known() const { return known_; }

    /// The mean score at which a lead will rest if u goes on as a straight line; at most `reach`
    /// off those that were held, as noise may foretell anything.
    [[nodiscard]] double mean_at(double lead, double bias, double reach) const {
        const double along = slope_now() + by_mean() * mean_by_feedback() * turn_;
        const double u = logit() + along * (lead - fit_.lead);
        const double mean =
            mean_by_feedback() * (decay_ * lead - bias) / gap_of_logit(u, experts_).m;
        return std::clamp(mean, fit_.mean - reach, fit_.mean + reach);
    }

private:
    [[nodiscard]] double mean_by_feedback() const {
        return 1 / (decay_ * static_cast<double>(experts_));
    }
    [[nodiscard]] double logit() const {
        const auto& f = fit_.derivatives;
        return f[held_fit::value] +
               (f[held_fit::by_mean] + f[held_fit::by_mean_twice] * w_ / 2) * w_;
    }
    /// du/dmean.
    [[nodiscard]] double by_mean() const {
        return fit_.derivatives[held_fit::by_mean] + fit_.derivatives[held_fit::by_mean_twice] * w_;
    }
    [[nodiscard]] double slope_now() const {
        return fit_.derivatives[held_fit::by_lead] + fit_.derivatives[held_fit::by_both] * w_;
    }
    gap_of_logit at_mean() {
        w_ = feedback_ * mean_by_feedback() - fit_.mean;  // no part of a fit without means
        return {logit(), experts_};
    }
    /// dF/dfeedback.
    [[nodiscard]] double by_feedback(const gap_of_logit& gap) const {
        return gap.m + feedback_ * gap.once * by_mean() * mean_by_feedback();
    }

    const held_fit& fit_;
    double decay_;
    std::size_t experts_;
    double feedback_ = 0, w_ = 0, gap_ = 0, growth_ = 0, turn_ = 0;
    bool converged_ = false, known_ = false;
    held_fit::vector by_feedback_, by_gap_, by_growth_;
};

/// What a fit says of m'(x) and m''(x) at the mean that was held.
struct bend_at {
    double m, once, twice, twice_error;
    held_fit::vector by_gap, by_once;

    bend_at(const held_fit& fit, std::size_t experts) {
        const auto& f = fit.derivatives;
        const double slope = f[held_fit::by_lead], bend = f[held_fit::by_lead_twice];
        const gap_of_logit gap(f[held_fit::value], experts);
        m = gap.m;
        once = gap.once * slope;
        twice = gap.twice * slope * slope + gap.once * bend;
        by_gap = by_once = held_fit::vector::Zero();
        auto by_twice = by_gap;
        by_gap[held_fit::value] = gap.once;
        by_once[held_fit::value] = gap.twice * slope;
        by_once[held_fit::by_lead] = gap.once;
        by_twice[held_fit::value] = gap.thrice * slope * slope + gap.twice * bend;
        by_twice[held_fit::by_lead] = 2 * gap.twice * slope;
        by_twice[held_fit::by_lead_twice] = gap.once;
        twice_error = fit.error(by_twice);
    }
};

}  // namespace moebius

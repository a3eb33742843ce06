// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <moebius/simulate/load_controller.hpp>
#include <optional>
#include <span>
#include <vector>

namespace moebius {

struct normal_equations;

/// What of the loop is known when its gain is fitted.
struct loop_terms {
    double forget = 0.02;  ///< share of a score that a step forgets, step times decay; 0 to 1
    control_law control = control_law::none;
    double leak = 0;  ///< share of the controller's score that a step forgets (integral law)
    /// Load gained per unit of the controller's score y = -sum(n - 1/E), or -sum sign(n - 1/E):
    /// for softmax step gamma beta/E, or u beta/E. Empty: it is fitted, too.
    std::optional<double> answer = std::nullopt;
    /// beta times what a step adds to the scores: a unit of load to that of the rule (step
    /// feedback), and a unit of y to the controller's. Of a loop of both that are known loads are
    /// regressed on those of these scores; 0: x and y each have a slope.
    double per_load = 0, per_sum = 0;
    /// Load per unit of beta times a score at equal loads; 0: 1/E, of softmax, whose loads are then
    /// taken as they bend.
    double slope = 0;
    std::size_t skip = 0;  ///< steps before the first that is used; 0: 4/forget
};

/// The gain of a loop with a controller whose scores are known, where loads may answer to the rule
/// otherwise than to the controller.
struct untied_gain {
    double gain = 0, error = 0;  ///< of the rule by itself, as of fitted_loop
};

/// The gain of a loop whose gates rest, from its loads alone.
struct fitted_loop {
    double gain = 0;    ///< kappa' = K/threshold: 1 where equal loads are lost without a controller
    double error = 0;   ///< its standard error
    double answer = 0;  ///< of the controller
    double variance = 0;  ///< of a step's noise in one direction of the loads
    double steps = 0;     ///< used
    double misfit = 0;    ///< -2 ln likelihood at its best, up to a constant of the data
    /// Root mean square over experts of mean loads' deviation from the even one, over it; 0 where
    /// noise makes so much.
    double unequal = 0;
    std::optional<untied_gain> untied = std::nullopt;
};

/// Loads of a resting loop obey n_t = a x_t + c y_t + noise, where x = sum_s (1 - e)^s n_{t-1-s}
/// is made of loads that were seen (the score over step times feedback), and so is y. Noise is
/// independent of both. So a and c are straight regressions, over all experts and steps, with an
/// intercept of each expert, and kappa' = a/e: the likelihood whose spectrum is R of
/// docs/theory.md section 6 for the rule in steps, without a transform or a window.
///
/// Loads are no straight line of scores: of few tokens x scatters far and askew, more up than down,
/// and where loads bend up, too, the line is too steep. So without a controller a bend common to
/// all experts, of the square of x less its mean, is fitted beside it.
///
/// With a controller whose rule and feedback are known both scores are, but for their start, and
/// one slope is fitted: theta of n_t = theta softmax(scores) + noise, which is 1 of a gate without
/// features. Loads are then what softmax makes of scores however far these swing, as they do under
/// a controller that is fast over a step, and a, c are theta times what the rule makes them.
/// Whether they are is told by a second slope, on what loads gain as the feedback does.
///
/// Intercepts bias a by O(1/steps) (Nickell), which matters for many experts, as the error falls
/// with them and the bias does not. It is taken off: E[sum x noise] = -v (E - 1) G, with G the sum
/// of x's response to noise within the steps. G grows with a, by which the adjusted likelihood is
/// flatter. The slopes of x and of the bend have small biases of their own, which are taken off
/// last.
/// @source  docs/theory.md section 10; P. McCullagh, R. Tibshirani, J. R. Stat. Soc. B 52 (1990)
/// 325
class loop_fit {
public:
    /// @throws invalid_argument  for fewer than 2 experts, or forget not in (0, 1)
    loop_fit(std::size_t experts, const loop_terms& terms);

    /// @param shares  (E) of the step, sum 1
    void take(std::span<const double> shares);

    /// Of all steps but those skipped, in which scores still remember their start; empty
    /// before there are 50 and before loads have moved.
    /// @param from  parts of the log that are left out at its start
    [[nodiscard]] std::optional<fitted_loop> whole(std::size_t from) const;
    [[nodiscard]] std::optional<fitted_loop> whole() const { return whole(first_part()); }
    /// How many parts at the start, each as long as all before, scatter further about the mean of
    /// those behind than these do: a run that begins far from where it rests.
    [[nodiscard]] std::size_t first_part() const;
    /// Of the last third of the log or more, in whole parts, and of what is before; of the second
    /// nothing where no part is left.
    [[nodiscard]] std::array<std::optional<fitted_loop>, 2> late_and_early(std::size_t from) const;
    /// Of the last 500 to 1,000 steps.
    [[nodiscard]] std::optional<fitted_loop> recent() const;
    /// Steps before the first that is used.
    [[nodiscard]] std::size_t skipped() const noexcept { return begin_; }
    static constexpr double fewest_steps = 50;  ///< that are used, for any gain

private:
    /// Of a tied loop x are the loads that its scores make, and y what these gain per unit of
    /// loop_terms::per_load.
    struct sums {
        double steps = 0;
        Eigen::ArrayXd x, y, q, xx, xq, qq, xxq, xxx, xxxx, qqq;  ///< (E)
        double xy = 0, yy = 0, yq = 0, signs = 0;
        sums& operator+=(const sums& other);
    };
    /// Of d = x less its expert's mean: d^3, d^2 times loads, and the square of d^2 less its mean;
    /// and the loads' third central moment. A bend is fitted where bends is not 0.
    struct bend_sums {
        double steps = 1, cubes = 0, loads = 0, bends = 0, skew = 0;
        [[nodiscard]] double part() const { return bends > 0 ? cubes / bends : 0; }
        [[nodiscard]] double off() const { return bends > 0 ? loads * loads / bends : 0; }
        [[nodiscard]] double bias(double kept, double v, double directions) const;
    };
    [[nodiscard]] std::optional<fitted_loop> fit_of(const sums& s) const;
    /// @param both  whether y has a slope that is not known
    static normal_equations equations_of(const sums& s, bool both);
    [[nodiscard]] std::optional<fitted_loop> solve(const sums& s) const;
    [[nodiscard]] double intercept_misfit(double a, double m) const;
    [[nodiscard]] std::optional<fitted_loop> tied(const sums& s) const;
    [[nodiscard]] std::optional<untied_gain> untied(const sums& s, double v) const;
    [[nodiscard]] bool is_tied() const noexcept;
    [[nodiscard]] bool follows_signs() const noexcept;
    static double apart(const sums& s);
    void find_centre();
    void find_loads();
    void add(sums& to) const;
    [[nodiscard]] sums empty() const;
    [[nodiscard]] sums of_parts(std::size_t from, std::size_t to) const;
    [[nodiscard]] std::size_t last_third() const;
    [[nodiscard]] double unequal(const sums& s, double v, double a) const;
    [[nodiscard]] double pull_of(const sums& s) const;
    static bend_sums bend_of(const sums& s);
    void take_off_bias(double bias, double m, double& a, double& error) const;

    loop_terms terms_;
    Eigen::ArrayXd q_, x_, y_;  ///< (E) loads of the step, and what they answer to
    Eigen::ArrayXd centre_;  ///< (E) scores of equal loads, by steps before the first that is used
    sums early_;             ///< of the steps by which it is found: steps, q and qq alone
    Eigen::ArrayXd told_;    ///< (E) loads less 1/E that the scores make
    Eigen::ArrayXd raised_;  ///< (E) what they gain per unit of loop_terms::per_load
    Eigen::ArrayXd signs_;   ///< (E) of the step's loads less 1/E, less their mean
    std::vector<sums> parts_;   ///< of all steps: each part is as long as all before it
    std::array<sums, 2> sums_;  ///< of two windows that begin in turn
    std::size_t steps_ = 0;
    std::size_t begin_ = 0;  ///< the first step that is used
    double part_steps_ = 0;  ///< of the part that grows, at most
};

/// loop_fit where the forgetting is not known: one for each of a row of values, and between the
/// best and its neighbours by parabolas of ln(forget). Values that forget less than ten times in
/// the log are left out.
class free_loop_fit {
public:
    /// @param around  0: from .001 to .5; otherwise a 16th to 16 times of it, and closer by it
    free_loop_fit(std::size_t experts, loop_terms terms, double around = 0);
    void take(std::span<const double> shares);

    struct result {
        fitted_loop loop;   ///< gain and error hold the doubt about the forgetting, too
        double forget = 0;  ///< the likeliest
    };
    /// @param from  as of loop_fit
    [[nodiscard]] std::optional<result> whole(std::size_t from) const;
    [[nodiscard]] std::optional<result> whole() const { return whole(first_part()); }
    [[nodiscard]] std::size_t first_part() const;

    /// Forgettings that fit nearly as well as the likeliest, of those that are tried, and the ends
    /// of the gains' 90 % intervals by them.
    struct range {
        double low, high, least, most;
    };
    /// @param more  -2 ln likelihood that they have more at most
    [[nodiscard]] std::optional<range> within(double more, std::size_t from) const;
    /// Steps in a row that tell a gain.
    [[nodiscard]] double fewest_steps() const;

private:
    /// Where they forget often enough in the log.
    [[nodiscard]] std::vector<result> ready(std::size_t from) const;

    std::vector<double> forgets_;
    std::vector<loop_fit> fits_;
    std::size_t middle_ = 0;  ///< the fit that tells where the log begins
};

}  // namespace moebius

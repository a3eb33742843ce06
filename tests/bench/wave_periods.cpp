// SPDX-License-Identifier: MIT
// wave_periods EXPERTS GAIN KIND [LOW [MAX_STEP]]: a branch of rotating waves of controlled experts
// from their Hopf point (4x1), from where the flow settles beyond it (settled) or at a feedback
// (settled@5), and of what stands on it the period beside that of direct integration of all
// experts. Not timed: wave_periods.sh prints the table of data/results/waves.txt.
//
// A wave may be so unstable (a multiplier of 1e27) that no run over a period tells anything. It is
// shot over stretches of its first part, none longer than a score takes to forget: x_{k+1} = flow
// of x_k, P x_0 = flow of the last, with a phase. Newton's method on that has all its residuals
// from the integrator, none from collocation.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <moebius/base/view.hpp>
#include <moebius/bifurcation/cycle_types.hpp>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/hopf.hpp>
#include <moebius/continuation/collocation.hpp>
#include <moebius/dynamics/settled_cycle.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/solve/cyclic_chain.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "unit/lone_cells.hpp"

using namespace moebius;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index mesh_stretches = 40;  // of as many intervals each, at most
constexpr double longest = 1;         // of a stretch: on longer ones what is unstable runs off
constexpr int corrections = 4;
constexpr double step_of_slopes = 0.02;  // of the classical rule, whose errors only slow Newton

/// The derivatives of the flow over a time by the start and by one parameter. Shape (n, n + 1)
MatrixXd slopes_of(const test::lone_cells& from, double time, std::size_t by) {
    const auto n = static_cast<Index>(from.state.size());
    const std::vector<std::size_t> free{by};
    MatrixXd now = MatrixXd::Zero(n, n + 2), fx(n, n);  // both, then x
    now.leftCols(n).setIdentity();
    now.col(n + 1) = Eigen::Map<const VectorXd>(from.state.data(), n);
    VectorXd f(n), fp(n);
    const auto slope = [&](const MatrixXd& at) {
        const VectorXd x = at.col(n + 1);
        from.at.model->linear_in(view(x), from.at.parameters, free, view(f), view(fx), view(fp));
        MatrixXd result(n, n + 2);
        result << fx * at.leftCols(n + 1), f;
        result.col(n) += fp;
        return result;
    };
    const int steps = static_cast<int>(time / step_of_slopes) + 1;
    const double h = time / steps;
    for (int k = 0; k < steps; ++k) {
        const MatrixXd a = slope(now), b = slope(now + h / 2 * a), c = slope(now + h / 2 * b),
                       d = slope(now + h * c);
        now += h / 6 * (a + 2 * b + 2 * c + d);
    }
    return now.leftCols(n + 1);
}

/// The first part of a wave as stretches of the flow.
class shot_wave {
public:
    shot_wave(const problem& base, const special_point& wave)
        : at_(test::apart_at(base, wave).at),
          by_(at_.index_of("feedback")),
          beyond_(wave.turn, at_.model->dimension()),
          parts_(static_cast<double>(beyond_.order)),
          time_(wave.cycle->period / parts_) {
        const orbit& cycle = *wave.cycle;
        const auto n = at_.model->dimension();
        if (wave.state.size() != n) throw std::runtime_error("some experts go alike");
        const piecewise part = folded(piecewise_of(cycle), beyond_);
        const Index intervals = part.intervals(), stretches = std::min(intervals, mesh_stretches);
        times_.push_back(0);
        for (Index k = 0; k < stretches; ++k) {
            const double from = part.breaks[k * intervals / stretches];
            const double to = part.breaks[(k + 1) * intervals / stretches];
            const double pieces = std::ceil((to - from) * time_ / longest);
            for (double piece = 1; piece <= pieces; ++piece) {
                starts_.emplace_back(part.at(times_.back()));
                times_.push_back(std::lerp(from, to, piece / pieces));
            }
        }
        first_ = starts_.front();
        flow_ = flow_at(first_);
    }

    /// Moves on to an orbit of the flow.
    /// @param freely  in feedback, too: at a fold a given one may have no orbit, and where feedback
    ///                stands still it tells none
    /// @return how far the last correction went: in period, feedback and states
    Eigen::Vector3d correct(bool freely) {
        const Index n = first_.size(), count = std::ssize(starts_);
        MatrixXd off(n, count), rows = MatrixXd::Zero(2, n + 2);
        cyclic_chain chain(n, 2);  // period and feedback besides the states
        chain.begin();
        rows.row(0).head(n) = flow_.transpose();  // the phase
        rows(1, freely ? n : n + 1) = 1;          // what is held
        for (Index k = 0; k < count; ++k, rows.setZero()) chain.add(shot(k, off), rows);
        chain.close();
        VectorXd moved = chain.solve(off, Eigen::Vector2d(flow_.dot(first_ - starts_[0]), 0));
        if (freely) {  // the shortest way
            const VectorXd along = chain.solve(MatrixXd::Zero(n, count), Eigen::Vector2d(0, 1));
            moved -= along.dot(moved) / along.squaredNorm() * along;
        }
        for (Index k = 0; k < count; ++k)
            starts_[static_cast<std::size_t>(k)] += moved.segment(k * n, n);
        const Index all = n * count;
        time_ += moved[all];
        at_.parameters[by_] += moved[all + 1];
        return {parts_ * moved[all], moved[all + 1], moved.head(all).lpNorm<Eigen::Infinity>()};
    }

    [[nodiscard]] double period() const { return parts_ * time_; }
    [[nodiscard]] double feedback() const { return at_.parameters[by_]; }

private:
    [[nodiscard]] VectorXd flow_at(const VectorXd& x) const {
        VectorXd f(x.size());
        at_.model->rhs(view(x), at_.parameters, view(f));
        return f;
    }

    /// What the end of stretch k depends on: its start, the time and feedback. Shape: (n, n + 2)
    /// @param off  (n, stretches): sets what the next start lacks of it
    [[nodiscard]] MatrixXd shot(Index k, MatrixXd& off) const {
        const Index n = first_.size(), next = (k + 1) % std::ssize(starts_);
        const auto i = static_cast<std::size_t>(k);
        const double share = times_[i + 1] - times_[i];
        const test::lone_cells from{at_, {starts_[i].begin(), starts_[i].end()}};
        const auto carried = test::carried(from, share * time_);
        const VectorXd there = Eigen::Map<const VectorXd>(carried.data(), n);
        const MatrixXd slopes = slopes_of(from, share * time_, by_);
        MatrixXd end(n, n + 3);  // by x_k, time and feedback; where it is
        end << slopes.leftCols(n), share * flow_at(there), slopes.rightCols(1), there;
        if (next == 0) end = beyond_.undone(end);
        off.col(k) = end.rightCols(1) - starts_[static_cast<std::size_t>(next)];
        return end.leftCols(n + 2);
    }

    problem at_;
    std::size_t by_;
    twist beyond_;
    double parts_, time_;  // of one of them
    std::vector<double> times_;
    std::vector<VectorXd> starts_;
    VectorXd first_, flow_;
};

struct choice {
    std::size_t experts;
    double gain;
    std::string kind;
    double low, step;
};

/// The cycle on which all experts collapse in turn at a feedback.
std::optional<settled_cycle> collapse_in_turn(const problem& alike, double feedback, double turn) {
    const std::size_t experts = alike.model->cells()->groups().members();
    auto at = regrouped(alike, singletons(experts));
    at.set("feedback", feedback);
    std::vector<double> uneven(2 * experts, 0);
    uneven[0] = feedback;
    for (std::size_t e = 0; e < experts; ++e)  // their turns, from 1.5 down to -1.5
        uneven[experts + e] = 1.5 - 3 * static_cast<double>(e) / static_cast<double>(experts - 1);
    return find_settled_cycle(at, uneven, turn);
}

diagram waves(const problem& at, const choice& of) {
    const double critical = static_cast<double>(of.experts) + of.gain;
    parameter_range range{"feedback", of.low, critical + 0.3};
    const auto hopf =
        equilibrium_diagram(at, {"feedback", critical - 0.5, range.to}, {.split_groups = false})
            .at("HB1");
    const continuation_options options{.max_step = of.step};
    diagram found;
    if (!of.kind.starts_with("settled")) {
        add_hopf_cycles(found, at, range, hopf, cycle_choice_from(of.kind), options);
        return found;
    }
    const bool from_hopf = of.kind == "settled";
    if (!from_hopf) range.to = std::strtod(of.kind.c_str() + std::strlen("settled@"), nullptr);
    const auto settled = from_hopf
                             ? settled_beyond(at, range, hopf)
                             : collapse_in_turn(at, range.to, *coefficient_of(hopf, "period"));
    if (settled) add_cycle_branch(found, settled->on, range, settled->start, options);
    return found;
}

void print(const problem& at, const special_point& point, double unstable) {
    const bool freely = point.type != point_type::EP;
    shot_wave wave(at, point);
    Eigen::Vector3d last;
    for (int k = 0; k < corrections; ++k) last = wave.correct(freely);
    const double feedback = point.parameters[at.index_of("feedback")];
    std::printf(
        "%-6s %.9f  T %12.7f  u %2g  integrated: T %+.1e feedback %+.1e (still moving %.0e)\n",
        point.label.c_str(), feedback, point.cycle->period, unstable,
        wave.period() - point.cycle->period, wave.feedback() - feedback, std::abs(last[0]));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) try {
    if (count < 4) throw std::invalid_argument("wave_periods EXPERTS GAIN KIND [LOW [MAX_STEP]]");
    const std::size_t experts = std::strtoul(words[1], nullptr, 10);
    const double low = 0.35 * static_cast<double>(experts);
    const choice of{experts, std::strtod(words[2], nullptr), words[3],
                    count > 4 ? std::strtod(words[4], nullptr) : low,
                    count > 5 ? std::strtod(words[5], nullptr) : 0.5};
    auto at =
        regrouped(with_defaults(controlled_feedback(softmax_loads(experts))), one_group(experts));
    at.set("gain", of.gain);
    const diagram found = waves(at, of);
    for (const auto& branch : found.branches) {
        std::printf("N %zu gain %g %s: %s, %s to %s, %zu rows\n", experts, of.gain, of.kind.c_str(),
                    to_string(branch.turn).c_str(), std::string(to_string(branch.first)).c_str(),
                    std::string(to_string(branch.last)).c_str(), branch.columns.rows());
        for (const auto& point : found.special_points)
            if (point.branch == branch.id)
                print(at, point, branch.columns.at("n_unstable")[point.row]);
    }
    return found.branches.empty();
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

// SPDX-License-Identifier: MIT
#include "states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>

#include "doubles.hpp"
#include "rest_states.hpp"
#include "whole_jacobian.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::string_view stable_states_kind = "stable states";
constexpr double aside = 1e-3;      // shares of the window that a value keeps from special points
constexpr double moved_off = 1e-3;  // state scales from a state to a start beside it
constexpr double reach = 0.5;       // state scales from a chord to its curve

/// A state of the claim at one value of the parameter, with each cell by itself.
struct claimed_state {
    int branch;
    bool stable;
    VectorXd x;  ///< sorted
};

/// Values evenly over the window, moved off the special points.
std::vector<double> values_of(const claim& of, std::size_t count) {
    const auto& range = of.ranges[0];
    const double width = range.to - range.from;
    std::vector<double> taken;
    for (const auto& point : of.data.special_points)
        for (const auto& curve : of.data.branches)
            if (curve.id == point.branch && point.row < curve.columns.rows())
                taken.push_back(curve.columns.columns[0][point.row]);
    std::sort(taken.begin(), taken.end());
    std::vector<double> out;
    for (std::size_t k = 0; k < count; ++k) {
        double value =
            range.from + width * (static_cast<double>(k) + 0.37) / static_cast<double>(count);
        for (const double point : taken)
            if (std::abs(value - point) < aside * width) value = point + aside * width;
        out.push_back(value);
    }
    return out;
}

class value_judge {
public:
    value_judge(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                double value, std::uint64_t index, const watch& watched)
        : claim_(of),
          in_(in),
          options_(options),
          to_(to),
          value_(value),
          index_(index),
          watched_(watched),
          at_(in.at(std::vector<double>(1, value))),
          flow_(in, at_, of.step, options, watched) {}

    void judge() {
        read_claim();
        search();
        for (const auto& x : found_) judge_found(x);
        for (const auto& state : claimed_)
            if (state.stable) judge_claimed(state);
    }

private:
    void read_claim() {
        for (const auto& curve : claim_.data.branches) {
            if (watched_.stopping()) throw interrupted("audit");
            if (curve.kind != "equilibrium") continue;
            for (const auto& [row, state] : passings(in_, curve, value_)) {
                const VectorXd start =
                    VectorXd::Map(state.data(), static_cast<Index>(state.size()));
                const double within = reach * in_.unit() + 1e-2 * start.cwiseAbs().maxCoeff();
                const auto x = solved_on_groups(in_, curve.groups, value_, state, within);
                if (!x) {
                    to_.not_judged(stable_states_kind,
                                   "Newton's method from a chord between two rows failed");
                    continue;
                }
                const auto& stable = curve.columns.at("stable");
                claimed_.push_back({curve.id, stable[row] == 1 && stable[row + 1] == 1,
                                    in_.sorted(in_.expanded(curve.groups, view(*x)))});
            }
        }
    }

    void search() {
        VectorXd low = VectorXd::Constant(static_cast<Index>(in_.states()), -in_.unit());
        VectorXd high = -low;
        for (const auto& state : claimed_) {
            low = low.cwiseMin(VectorXd(state.x.array() - in_.unit()));
            high = high.cwiseMax(VectorXd(state.x.array() + in_.unit()));
        }
        if (const auto [least, most] = at_.model->state_bounds(at_.parameters);
            std::isfinite(least) && std::isfinite(most)) {
            low.setConstant(least);
            high.setConstant(most);
        }
        const auto starts = starts_at(in_, at_, low, high, options_, index_);
        std::vector<std::optional<VectorXd>> ends(starts.size());
        parallel_for(starts.size(), 0, [&](std::size_t k) {
            if (watched_.stopping()) throw interrupted("audit");
            ends[k] = flow_.from(starts[k]);
        });
        for (const auto& end : ends) {
            if (!end) {
                to_.not_judged("starts", "they came to no rest");
                continue;
            }
            to_.right("starts");
            const VectorXd x = in_.sorted(*end);
            if (!is_among(x, found_)) found_.push_back(x);
        }
    }

    [[nodiscard]] bool same(const VectorXd& a, const VectorXd& b) const {
        return (a - b).cwiseAbs().maxCoeff() <=
               options_.place * (in_.unit() + a.cwiseAbs().maxCoeff());
    }

    [[nodiscard]] bool is_among(const VectorXd& x, const std::vector<VectorXd>& all) const {
        return std::any_of(all.begin(), all.end(), [&](const auto& y) { return same(x, y); });
    }

    void judge_found(const VectorXd& x) {
        const auto known = std::find_if(claimed_.begin(), claimed_.end(),
                                        [&](const auto& state) { return same(x, state.x); });
        if (known != claimed_.end()) return to_.right(stable_states_kind);
        tell_missing(claim_, to_, stable_states_kind,
                     fmt::format("the stable state {} at {} = {:.6g} is on no branch",
                                 in_.text_of(x), claim_.ranges[0].name, value_));
    }

    void judge_claimed(const claimed_state& state) {
        if (is_among(state.x, found_)) return;  // told as found
        const auto attracts = flow_.attracts(state.x);
        if (!attracts)
            return to_.not_judged(stable_states_kind, "an eigenvalue is zero up to rounding");
        if (!*attracts)
            return to_.wrong(stable_states_kind,
                             fmt::format("branch {} is called stable at {} = {:.6g}, and is not",
                                         state.branch, claim_.ranges[0].name, value_));
        VectorXd beside = state.x;
        for (Index i = 0; i < beside.size(); ++i)
            beside[i] += (i % 2 == 0 ? moved_off : -moved_off) * in_.unit();
        const auto end = flow_.from(beside);
        if (!end) return to_.not_judged(stable_states_kind, "a start beside one came to no rest");
        if (!same(in_.sorted(*end), state.x))
            return to_.not_judged(stable_states_kind, "a start beside one left its narrow basin");
        to_.right(stable_states_kind);
    }

    const claim& claim_;
    const whole_space& in_;
    const audit_options& options_;
    tally& to_;
    double value_;
    std::uint64_t index_;
    const watch& watched_;
    problem at_;
    descent flow_;
    std::vector<claimed_state> claimed_;
    std::vector<VectorXd> found_;
};

}  // namespace

void judge_states(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  progress& done, const watch& watched) {
    const auto values = values_of(of, options.values);
    for (std::size_t k = 0; k < values.size(); ++k) {
        value_judge(of, in, options, to, values[k], k, watched).judge();
        done.add();
    }
}

}  // namespace moebius

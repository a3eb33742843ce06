// SPDX-License-Identifier: MIT
#include "branch_arms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>

namespace moebius {
namespace {

using Eigen::VectorXd;

constexpr double window_length = 20;  // state scales that the window counts as
constexpr double at_point = 1e-4;     // state scales from a point to an end that stands on it
constexpr double on_chord = 1e-2;     // to a chord that passes it
constexpr double off_edge = 1e-6;     // shares of the window

/// Points of a diagram in state scales, the names of cells aside.
class places {
public:
    places(const claim& of, const whole_space& in) : range_(of.ranges[0]), in_(in) {}

    [[nodiscard]] VectorXd of(const whole_point& here) const {
        VectorXd v(here.x.size() + 1);
        v << in_.sorted(here.x) / in_.unit(), window_length * share(here);
        return v;
    }

    [[nodiscard]] double share(const whole_point& here) const {
        return (here.at.parameters[in_.varied()[0]] - range_.from) / (range_.to - range_.from);
    }

private:
    const parameter_range& range_;
    const whole_space& in_;
};

/// How many ways a branch leaves a point: one where it ends, two where it passes.
std::size_t arms_of(const branch& curve, const whole_space& in, const places& where,
                    const VectorXd& point) {
    const std::size_t rows = curve.columns.rows();
    std::size_t arms = 0;
    VectorXd last = where.of(in.row(curve, 0));
    if ((last - point).norm() <= at_point) ++arms;
    bool passes = false;
    for (std::size_t row = 1; row < rows; ++row) {
        const VectorXd next = where.of(in.row(curve, row)), along = next - last;
        const double share = (point - last).dot(along) / std::max(along.squaredNorm(), 1e-300);
        const double off = (point - last - std::clamp(share, 0.0, 1.0) * along).norm();
        const bool at_end = (row == 1 && share <= 0) || (row + 1 == rows && share >= 1);
        passes |= !at_end && off <= on_chord;
        last = next;
    }
    if (rows > 1 && (last - point).norm() <= at_point) ++arms;
    return arms > 0 ? arms : passes ? 2 : 0;
}

}  // namespace

void judge_arms(const claim& of, const whole_space& in, tally& to, const watch& watched) {
    if (of.ranges.size() != 1 || !of.whole || of.step) return;
    const auto& search = of.data.search;
    const places where(of, in);
    for (const auto& point : of.data.special_points) {
        if (watched.stopping()) throw interrupted("audit");
        if (point.type != point_type::BP || point.multiplicity > 1 || point.cycle) continue;
        const auto here = in.point(point);
        const double share = where.share(here);
        if (share < off_edge || share > 1 - off_edge) continue;
        std::size_t arms = 0;
        for (const auto& curve : of.data.branches)
            arms += arms_of(curve, in, where, where.of(here));
        const std::size_t needed = in.may_rename() ? 3 : 4;
        if (arms >= needed)
            to.right("arms");
        else if (search.too_deep + search.not_followed + search.lost > 0)
            to.not_judged("arms", "the file says that branch points were not followed");
        else
            to.wrong("arms", fmt::format("{}: {} ways leave it in the file, of {} or more",
                                         point.label, arms, needed));
    }
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include "missing_branches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/solve/dense.hpp>
#include <optional>

#include "doubles.hpp"
#include "whole_jacobian.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::string_view window_kind = "window";
constexpr std::size_t most_searched = 32;  // of more, the steps of a start take seconds
constexpr std::size_t most_at_once = 2;    // starts for each one at a value
constexpr int most_newton_steps = 80;
constexpr double step_share = 0.04;  // of the box: a step
constexpr double box_edge = 10;      // state scales to the edge of the box around zero
constexpr double last_step = 1e-10;  // of the state scale: the last step
constexpr double whole_window = 20;  // state scales that the window counts as
constexpr double near_chord = 0.1;   // state scales from a chord, within which none is told
constexpr std::uint64_t own_starts = 1ULL << 40;  // numbers of those that other searches have not

/// Searches in v: the states in state scales, then the parameter, `whole_window` over its range.
class window_search {
public:
    window_search(const claim& of, const whole_space& in, const audit_options& options)
        : in_(in),
          range_(of.ranges[0]),
          options_(options),
          n_(static_cast<Index>(in.states())),
          unit_(in.unit()),
          around_(VectorXd::Constant(n_, -1)),
          beyond_(VectorXd::Constant(n_, 1)) {
        for (const auto& curve : of.data.branches)
            for (std::size_t row = 0; row < curve.columns.rows(); ++row) {
                const VectorXd x = in.expanded(curve.groups, in.state(curve, row)) / unit_;
                around_ = around_.cwiseMin(VectorXd(x.array() - 1));
                beyond_ = beyond_.cwiseMax(VectorXd(x.array() + 1));
            }
    }

    [[nodiscard]] whole_point at(const VectorXd& v) const {
        const double value = std::lerp(range_.from, range_.to, v[n_] / whole_window);
        return {in_.at(std::vector<double>(1, value)), v.head(n_) * unit_};
    }

    /// An equilibrium in the window near a random start; every other one around the claim.
    [[nodiscard]] std::optional<VectorXd> from(std::uint64_t start) const {
        VectorXd low = VectorXd::Constant(n_, -box_edge), high = -low;
        if (start % 2 == 0) low = around_, high = beyond_;
        VectorXd v(n_ + 1);
        for (Index i = 0; i < n_; ++i) v[i] = std::lerp(low[i], high[i], share(start, i));
        v[n_] = whole_window * share(start, n_);
        const double most = step_share * std::hypot((high - low).norm(), whole_window);
        double last = most;
        for (int k = 0; k < most_newton_steps && last > last_step * (1 + v.norm()); ++k) {
            const auto by = least_step(v);
            if (!by) return std::nullopt;
            last = by->norm();
            v -= *by * std::min(1.0, most / last);
        }
        const bool inside = v[n_] >= 0 && v[n_] <= whole_window;
        return inside && last <= last_step * (1 + v.norm()) ? std::optional(v) : std::nullopt;
    }

private:
    [[nodiscard]] double share(std::uint64_t start, Index i) const {
        const auto words = random_words(options_.seed, random_stream::start, own_starts + start,
                                        static_cast<std::uint32_t>(i));
        return uniform(words[0], words[1]);
    }

    /// J^T (J J^T)^-1 f, J by v.
    [[nodiscard]] std::optional<VectorXd> least_step(const VectorXd& v) const {
        const whole_slopes here(at(v));
        MatrixXd j(n_, n_ + 1);
        j << here.fx * unit_, here.fp.col(static_cast<Index>(in_.varied()[0])) *
                                  ((range_.to - range_.from) / whole_window);
        if (!j.allFinite() || !here.f.allFinite()) return std::nullopt;
        const VectorXd step = pseudo_inverse(j) * here.f;
        return step.allFinite() && step.norm() > 0 ? std::optional(step) : std::nullopt;
    }

    const whole_space& in_;
    const parameter_range& range_;
    const audit_options& options_;
    Index n_;
    double unit_;
    VectorXd around_, beyond_;
};

/// How near the chords of a branch come, in state scales.
double distance_to(const claim& of, const whole_space& in, const branch& curve,
                   const whole_point& point) {
    const parameter_range& range = of.ranges[0];
    const auto place = [&](const whole_point& here) {
        VectorXd v(here.x.size() + 1);
        v << in.sorted(here.x) / in.unit(), whole_window *
                                                (here.at.parameters[in.varied()[0]] - range.from) /
                                                (range.to - range.from);
        return v;
    };
    const VectorXd v = place(point);
    double least = std::numeric_limits<double>::infinity();
    VectorXd last = place(in.row(curve, 0));
    for (std::size_t row = 0; row < curve.columns.rows(); ++row) {
        const VectorXd next = place(in.row(curve, row)), along = next - last;
        const double share =
            std::clamp((v - last).dot(along) / std::max(along.squaredNorm(), 1e-300), 0.0, 1.0);
        least = std::min(least, (v - last - share * along).norm());
        last = next;
    }
    return least;
}

/// Whether a diagram that is whole must show it.
bool must_show(const claim& of, const whole_space& in, const whole_point& point) {
    if (!in.may_rename()) return true;
    const auto values = whole_jacobian(point).eigenvalues;
    const double step = of.step.value_or(0);
    return std::all_of(values.begin(), values.end(), [&](const std::complex<double>& z) {
        return step > 0 ? std::abs(1.0 + step * z) < 1 : z.real() < 0;
    });
}

}  // namespace

void judge_missing_branches(const claim& of, const whole_space& in, const audit_options& options,
                            tally& to, const watch& watched) {
    if (in.states() > most_searched)
        return to.not_judged(window_kind,
                             fmt::format("there are more than {} states", most_searched));
    const window_search search(of, in, options);
    std::vector<std::optional<VectorXd>> ends(most_at_once * options.starts);
    parallel_for(ends.size(), 0, [&](std::size_t k) {
        if (watched.stopping()) throw interrupted("audit");
        ends[k] = search.from(k);
    });
    for (const auto& end : ends) {
        if (watched.stopping()) throw interrupted("audit");
        if (!end) continue;
        auto point = search.at(*end);
        if (!must_show(of, in, point)) continue;
        point.x = in.sorted(point.x);
        const auto& all = of.data.branches;
        if (std::any_of(all.begin(), all.end(),
                        [&](const branch& one) { return passes(in, one, point, options); })) {
            to.right(window_kind);
            continue;
        }
        const bool near = std::any_of(all.begin(), all.end(), [&](const branch& one) {
            return distance_to(of, in, one, point) <= near_chord;
        });
        if (of.data.search.cut_short > 0)
            to.not_judged(window_kind,
                          "they are on no branch, and the file says that starts were left out");
        else if (near)
            to.not_judged(window_kind, "they lie beside a branch, where its chords do not tell");
        else
            tell_missing(of, to, window_kind,
                         fmt::format("the equilibrium {} at {} = {:.6g} is on no branch",
                                     in.text_of(point.x), of.ranges[0].name,
                                     point.at.parameters[in.varied()[0]]));
    }
}

}  // namespace moebius

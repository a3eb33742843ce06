// SPDX-License-Identifier: MIT
#include "window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/continuation/plane_regions.hpp>
#include <optional>

#include "rest_states.hpp"

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::string_view kind = "missing curves";
constexpr double off_centre = 0.37;   // of places in their cells, as symmetric curves cross centres
constexpr double longest = 1.0 / 16;  // of the way between two places: a step along it
constexpr double shortest = 1.0 / 8192;  // of it: where a state ends
constexpr double beside = 2e-3;         // shares of the window within which a curve explains an end
constexpr double one_step_reach = 0.5;  // state scales that a state moves in one step

/// In shares of the window.
double distance(const plane_point& p, const plane_point& a, const plane_point& b) {
    const double x = b.x - a.x, y = b.y - a.y, length = x * x + y * y;
    const double share =
        length > 0 ? std::clamp(((p.x - a.x) * x + (p.y - a.y) * y) / length, 0.0, 1.0) : 0;
    return std::hypot(a.x + share * x - p.x, a.y + share * y - p.y);
}

class window_judge {
public:
    window_judge(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                 progress& done, const watch& watched)
        : claim_(of),
          in_(in),
          options_(options),
          to_(to),
          done_(done),
          watched_(watched),
          side_(options.values),
          states_(side_ * side_) {}

    void judge() {
        find_box();
        for (std::size_t i = 0; i < states_.size(); ++i) {
            search(i);
            done_.add();
        }
        for (std::size_t i = 0; i < states_.size(); ++i) {
            if (i % side_ + 1 < side_) judge_between(i, i + 1);
            if (i / side_ + 1 < side_) judge_between(i, i + side_);
            done_.add();
        }
    }

private:
    /// Shares of the window.
    [[nodiscard]] plane_point place(std::size_t i) const {
        const auto share = [&](std::size_t k) {
            return (static_cast<double>(k) + off_centre) / static_cast<double>(side_);
        };
        return {share(i % side_), share(i / side_)};
    }

    [[nodiscard]] problem at(const plane_point& p) const {
        const auto &first = claim_.ranges[0], &second = claim_.ranges[1];
        const std::array values{std::lerp(first.from, first.to, p.x),
                                std::lerp(second.from, second.to, p.y)};
        return in_.at(values);
    }

    [[nodiscard]] std::string text_of(const plane_point& p) const {
        const auto here = at(p);
        return fmt::format("{} = {:.6g}, {} = {:.6g}", claim_.ranges[0].name,
                           here.parameters[in_.varied()[0]], claim_.ranges[1].name,
                           here.parameters[in_.varied()[1]]);
    }

    /// Around what the claim has.
    void find_box() {
        low_ = VectorXd::Constant(static_cast<Index>(in_.states()), -in_.unit());
        high_ = -low_;
        for (const auto& point : claim_.data.special_points) {
            if (point.cycle) continue;
            try {
                const VectorXd x = in_.point(point).x;
                low_ = low_.cwiseMin(VectorXd(x.array() - in_.unit()));
                high_ = high_.cwiseMax(VectorXd(x.array() + in_.unit()));
            } catch (const invalid_argument&) {
                continue;  // told as a point
            }
        }
    }

    void search(std::size_t i) {
        const problem here = at(place(i));
        const descent flow(in_, here, claim_.step, options_, watched_);
        const auto starts = starts_at(in_, here, low_, high_, options_, i);
        std::vector<std::optional<VectorXd>> ends(starts.size());
        parallel_for(starts.size(), 0, [&](std::size_t k) {
            if (watched_.stopping()) throw interrupted("audit");
            ends[k] = flow.from(starts[k]);
        });
        for (const auto& end : ends) {
            if (!end) continue;
            VectorXd x = in_.sorted(*end);
            const auto is_it = [&](const VectorXd& known) {
                return (known - x).cwiseAbs().maxCoeff() <=
                       options_.place * (in_.unit() + x.cwiseAbs().maxCoeff());
            };
            if (std::none_of(states_[i].begin(), states_[i].end(), is_it))
                states_[i].push_back(std::move(x));
        }
    }

    void judge_between(std::size_t a, std::size_t b) {
        if (watched_.stopping()) throw interrupted("audit");
        for (const auto& x : states_[a]) judge_way(x, place(a), place(b));
        for (const auto& x : states_[b]) judge_way(x, place(b), place(a));
    }

    void judge_way(const VectorXd& x, const plane_point& from, const plane_point& to) {
        const auto end = end_of(x, from, to);
        if (!end) return to_.right(kind);
        if (is_explained(*end)) return to_.right(kind);
        const auto sentence =
            fmt::format("a state that is stable at {} ends before {}, where no curve is",
                        text_of(from), text_of(*end));
        if (!claim_.whole)
            to_.not_judged(kind, "the file follows a start alone");
        else if (claim_.data.search.may_miss || claim_.data.search.not_followed > 0)
            to_.not_judged(kind, "the file says that some may be missing");
        else
            to_.wrong(kind, sentence);
    }

    /// Where a stable state that is followed between two places is none any more, if it is so.
    [[nodiscard]] std::optional<plane_point> end_of(VectorXd x, const plane_point& from,
                                                    const plane_point& to) const {
        const auto on = [&](double t) -> plane_point {
            return {std::lerp(from.x, to.x, t), std::lerp(from.y, to.y, t)};
        };
        VectorXd slope = VectorXd::Zero(x.size());  // of x by t
        double t = 0;
        for (double step = longest; t < 1;) {
            const double next = std::min(1.0, t + step);
            const problem here = at(on(next));
            const descent flow(in_, here, claim_.step, options_, watched_);
            const auto rest = flow.rest_near(x + (next - t) * slope);
            if (rest && (*rest - x).cwiseAbs().maxCoeff() <= one_step_reach * in_.unit() &&
                flow.attracts(*rest).value_or(false)) {
                slope = (*rest - x) / (next - t);
                x = *rest;
                t = next;
                step = std::min(2 * step, longest);
                continue;
            }
            step /= 2;
            if (step < shortest) return on(next);
        }
        return std::nullopt;
    }

    [[nodiscard]] bool is_explained(const plane_point& p) const {
        return std::any_of(claim_.data.branches.begin(), claim_.data.branches.end(),
                           [&](const branch& curve) { return passes(curve, p); });
    }

    [[nodiscard]] bool passes(const branch& curve, const plane_point& p) const {
        if (is_of_cycles(curve.kind)) return false;
        const auto& columns = curve.columns.columns;
        const auto share = [](const parameter_range& range, double value) {
            return (value - range.from) / (range.to - range.from);
        };
        const auto row_at = [&](std::size_t row) -> plane_point {
            return {share(claim_.ranges[0], columns[0][row]),
                    share(claim_.ranges[1], columns[1][row])};
        };
        plane_point last = row_at(0);
        for (std::size_t row = 0; row < curve.columns.rows(); ++row) {
            const plane_point here = row_at(row);
            if (distance(p, last, here) <= beside) return true;
            last = here;
        }
        return false;
    }

    const claim& claim_;
    const whole_space& in_;
    const audit_options& options_;
    tally& to_;
    progress& done_;
    const watch& watched_;
    std::size_t side_;
    std::vector<std::vector<VectorXd>> states_;  // of each place, stable
    VectorXd low_, high_;
};

}  // namespace

std::size_t window_parts(const audit_options& options) {
    return 2 * options.values * options.values;
}

void judge_window(const claim& of, const whole_space& in, const audit_options& options, tally& to,
                  progress& done, const watch& watched) {
    window_judge(of, in, options, to, done, watched).judge();
    to.not_judged(kind, "curves of unstable states, and those that close between places");
}

}  // namespace moebius

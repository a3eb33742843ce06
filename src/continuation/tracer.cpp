// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <moebius/continuation/tracer.hpp>
#include <utility>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int most_corrections = 8;
constexpr double coarse = 1e-7;         // Newton converges quadratically from here to rounding
constexpr double settled = 1e-11;       // what it leaves is less than rounding
constexpr double stagnant = 0.9;        // of the step before: no nearer
constexpr double singular = 1e-13;      // regularity below this is rounding
constexpr double most_corrected = 0.3;  // of the step; more looks like a jump to another branch
constexpr double most_bend = 0.2;       // of max_turn, for the change of the turn between two steps
constexpr double beside = 3e-4;         // nearer, what Newton's method leaves of errors tells more
constexpr int most_narrowings = 40;
constexpr double astray = 0.1;  // of 1 + |u|; a start that is corrected by more is another point

/// Cubic Hermite interpolant of two points with unit tangents, at the share theta; its derivative.
struct hermite {
    VectorXd u, slope;

    hermite(const curve_point& a, const curve_point& b, double theta) {
        const double length = (b.u - a.u).norm();
        const double t = theta, t2 = t * t, t3 = t2 * t;
        u = (2 * t3 - 3 * t2 + 1) * a.u + (3 * t2 - 2 * t3) * b.u +
            length * ((t3 - 2 * t2 + t) * a.tangent + (t3 - t2) * b.tangent);
        slope = (6 * t2 - 6 * t) * (a.u - b.u) +
                length * ((3 * t2 - 4 * t + 1) * a.tangent + (3 * t2 - 2 * t) * b.tangent);
    }
};

/// Sets t (n) to the unit null vector of DF, on the side of the row that was factored.
bool tangent_of(const linearization& df, Index n, VectorXd& t) {
    t = VectorXd::Unit(n, n - 1);
    df.solve_in_place(t);
    const double length = t.norm();
    if (!std::isfinite(length) || length == 0) return false;
    t /= length;
    return true;
}

/// Where a test function vanishes between the second and the third of four neighbours, as a share
/// of the way: by the cubic through them in its values; NaN where two of these are the same.
double vanishing_share(const std::array<curve_point, 4>& at, const std::array<double, 4>& value) {
    const VectorXd chord = at[2].u - at[1].u;
    double share = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        double part = (at[i].u - at[1].u).dot(chord) / chord.squaredNorm();
        for (std::size_t j = 0; j < 4; ++j)
            if (j != i) part *= value[j] / (value[j] - value[i]);
        share += part;
    }
    return share;
}

}  // namespace

tracer::tracer(curve& followed, const continuation_options& options)
    : curve_(followed), options_(options), next_(options.max_step / 4) {
    const Index n = curve_.unknowns();
    f_.resize(n - 1);
    delta_.resize(n);
    rate_ = older_rate_ = VectorXd::Zero(n);
}

/// Newton on F(u) = 0 within the plane through point.u across `row`; then the tangent, turned to
/// have a positive product with `row`.
tracer::corrected tracer::correct(const VectorXd& row, curve_point& point, int& iterations) {
    const Index n = curve_.unknowns();
    linearization& df = curve_.derivative();
    const double fine = curve_.is_costly() ? std::clamp(1e-2 * options_.tolerance, 1e-10, 1e-8) : 0;
    bool close = false;
    double last = std::numeric_limits<double>::infinity();
    for (iterations = 0; iterations <= most_corrections; ++iterations) {
        if (!curve_.linearize(point.u, f_)) return corrected::not_finite;
        df.factor(row);
        delta_.head(n - 1) = f_;
        delta_[n - 1] = 0;
        df.solve_in_place(delta_);
        if (!delta_.allFinite()) return corrected::no;  // a singular plane
        point.u -= delta_;
        const double moved = delta_.norm(), size = 1 + point.u.norm();
        const bool small = moved <= coarse * size;
        if (close && !small) return corrected::no;  // next to a crossing: rounding over zero
        // Converged, or so near that one more quadratic step is rounding and the slopes are good.
        const bool next_is_rounding = moved * moved * moved <= settled * size * last * last;
        if (moved <= settled * size || (moved <= fine * size && next_is_rounding)) {
            if (!std::exchange(close, true)) ++iterations;  // the one that is left out
            break;
        }
        // Where several eigenvalues vanish it converges linearly: as long as that helps.
        if (close && moved > stagnant * last) break;
        close = small;
        last = moved;
    }
    if (!close) return corrected::no;
    if (!tangent_of(df, n, point.tangent)) return corrected::no;
    point.regularity = df.regularity(point.tangent);
    return corrected::yes;
}

void tracer::stand_at(const VectorXd& u) {
    current_.u = u;
    f_.resize(u.size() - 1);
    delta_.resize(u.size());
    rate_ = older_rate_ = VectorXd::Zero(u.size());
    has_rate_ = had_rate_ = false;
}

bool tracer::start(const VectorXd& u, const VectorXd& towards) {
    int iterations = 0;
    stand_at(u);
    if (!curve_.linearize(u, f_)) return false;
    // The null vector of DF is the tangent, as near as u is to the curve.
    VectorXd row;
    curve_.derivative().factor(generic_vector(u.size()));
    if (!tangent_of(curve_.derivative(), u.size(), row)) return false;
    if (row.dot(towards) < 0) row = -row;
    for (int pass = 0; pass < 2; ++pass) {  // the second time across the tangent itself
        if (correct(row, current_, iterations) != corrected::yes) return false;
        row = current_.tangent;
    }
    previous_ = current_;
    return std::abs(current_.regularity) > singular;
}

bool tracer::resume(const VectorXd& u, const VectorXd& row) {
    int iterations = 0;
    stand_at(u);
    if (correct(row, current_, iterations) != corrected::yes) return false;
    previous_ = current_;
    return std::abs(current_.regularity) > singular;
}

bool tracer::start_at(const VectorXd& u, Index coordinate, int sign) {
    int iterations = 0;
    stand_at(u);
    const VectorXd row = VectorXd::Unit(u.size(), coordinate) * (sign < 0 ? -1 : 1);
    if (correct(row, current_, iterations) != corrected::yes) return false;
    if ((current_.u - u).norm() > astray * (1 + u.norm())) return false;
    current_.u[coordinate] = u[coordinate];
    previous_ = current_;
    return std::abs(current_.regularity) > singular;
}

void tracer::start_back(const curve_point& from) {
    current_ = {from.u, -from.tangent, -from.regularity};
    previous_ = current_;
}

void tracer::start_with_tangent(const VectorXd& u, const VectorXd& tangent) {
    if (rate_.size() != u.size()) stand_at(u);
    current_.u = u;
    current_.tangent = tangent.normalized();
    current_.regularity = 0;
    previous_ = current_;
}

/// max_step; in coordinates without bound, once they are larger than 1, max_step of their size.
double tracer::longest() const {
    const auto [first, count] = curve_.bounded();
    const Index behind = current_.u.size() - first - count;
    const auto size = [this](const auto& part) {
        if (curve_.is_weighted()) return std::max(1.0, part.norm());
        return part.size() > 0 ? std::max(1.0, part.template lpNorm<Eigen::Infinity>()) : 1.0;
    };
    const double before_size = size(current_.u.head(first));
    const double behind_size = size(current_.u.tail(behind));
    if (before_size == 1 && behind_size == 1) return options_.max_step;
    const auto& t = current_.tangent;
    return options_.max_step / std::hypot(t.head(first).norm() / before_size,
                                          t.segment(first, count).norm(),
                                          t.tail(behind).norm() / behind_size);
}

tracer::corrected tracer::try_step(int& iterations) {
    // rate_ is zero at first: then this is the tangent predictor
    trial_.u = current_.u + next_ * current_.tangent + (next_ * next_ / 2) * rate_;
    const auto result = correct(current_.tangent, trial_, iterations);
    beside_no_number_ |= result == corrected::not_finite;
    if (result != corrected::yes) return result;
    if (beside_no_number_ && !curve_.linearize(trial_.u, f_)) return corrected::not_finite;
    const double moved = (trial_.u - current_.u - next_ * current_.tangent).norm();
    delta_ = trial_.tangent - current_.tangent;
    // A jump over a gap shows as a turn that the step before did not announce.
    bend_ = has_rate_ ? (delta_ - next_ * rate_).norm() : 0;
    const bool kept = delta_.norm() <= options_.max_turn && moved <= most_corrected * next_ &&
                      bend_ <= most_bend * options_.max_turn;
    return kept ? corrected::yes : corrected::no;
}

step_status tracer::advance() {
    int iterations = 0;
    for (;;) {
        const auto result = try_step(iterations);
        // Exactly on a crossing there is no tangent: land elsewhere, the crossing lies between.
        if (result == corrected::yes && std::abs(trial_.regularity) > singular) break;
        next_ *= result == corrected::yes ? 0.7 : 0.5;
        if (next_ < options_.min_step)
            return result == corrected::not_finite ? step_status::not_finite
                                                   : step_status::too_small;
    }
    std::swap(previous_, current_);
    std::swap(current_, trial_);
    step_ = next_;
    older_rate_ = rate_;
    had_rate_ = has_rate_;
    rate_ = (current_.tangent - previous_.tangent) / step_;
    has_rate_ = true;
    const double turn = rate_.norm() * step_;
    const double wanted = options_.max_turn / 3;  // leaves room before the limit refuses a step
    double factor = std::min(iterations <= 3 ? 1.5 : 1.0, wanted / std::max(turn, 1e-6));
    if (curve_.is_costly()) {  // the bend of a step f times as long is f (1 + f) / 2 times as large
        const double room = 0.7 * most_bend * options_.max_turn / std::max(bend_, 1e-6);
        factor = std::min(factor, (std::sqrt(1 + 8 * room) - 1) / 2);
    }
    next_ = std::clamp(next_ * std::max(factor, 0.5), options_.min_step, longest());
    return step_status::accepted;
}

bool tracer::retreat() {
    std::swap(current_, previous_);
    std::swap(rate_, older_rate_);
    has_rate_ = had_rate_;
    next_ = step_ / 2;
    return next_ >= options_.min_step;
}

bool tracer::land(Index coordinate, double value) {
    curve_point point = current_;
    const double from = previous_.u[coordinate], to = current_.u[coordinate];
    if (from != to) {
        const auto near =
            between(previous_, current_, std::clamp((value - from) / (to - from), 0., 1.));
        if (near) point = *near;
    }
    point.u[coordinate] = value;
    const VectorXd tangent = point.tangent, guess = point.u;
    VectorXd row = VectorXd::Unit(point.u.size(), coordinate);
    if (tangent[coordinate] < 0) row = -row;
    int iterations = 0;
    if (correct(row, point, iterations) != corrected::yes) return false;
    // Where the curve is singular there, Newton's method may have gone elsewhere.
    if ((point.u - guess).norm() > (current_.u - previous_.u).norm()) return false;
    point.u[coordinate] = value;
    step_ = (point.u - previous_.u).norm();
    current_ = std::move(point);
    return true;
}

bool tracer::cut(double share) {
    auto point = between(previous_, current_, share);
    if (!point) return false;
    step_ = (point->u - previous_.u).norm();
    current_ = std::move(*point);
    return true;
}

std::optional<curve_point> tracer::between(const curve_point& a, const curve_point& b,
                                           double theta) {
    const hermite guess(a, b, theta);
    curve_point point{guess.u, {}, 0};
    int iterations = 0;
    if (correct(guess.slope.normalized(), point, iterations) != corrected::yes) return std::nullopt;
    return point;
}

std::optional<curve_point> tracer::half_way(const curve_point& a, const curve_point& b) {
    const bool known =
        half_way_.from.size() == a.u.size() && half_way_.from == a.u && half_way_.to == b.u;
    if (!known) half_way_ = {a.u, b.u, between(a, b, 0.5)};
    return half_way_.found;
}

double off_cubic(const curve_point& a, const curve_point& middle, const curve_point& b) {
    return (middle.u - hermite(a, b, 0.5).u).norm();
}

std::optional<curve_point> tracer::locate(const curve_point& a, const curve_point& b,
                                          const std::function<double(const curve_point&)>& test,
                                          double precision) {
    const double at_b = test(b), at_a = test(a);  // b is what the curve was linearized at
    const double enough = precision * std::max(std::abs(at_a), std::abs(at_b));
    curve_point best;
    double smallest = std::numeric_limits<double>::infinity();
    bool failed = false;
    const auto at = [&](double theta) {
        const auto point = between(a, b, theta);
        if (!point) {
            failed = true;
            return 0.0;
        }
        const double value = test(*point);
        if (std::abs(value) < smallest) {
            smallest = std::abs(value);
            best = *point;
        }
        return std::abs(value) <= enough ? 0.0 : value;
    };
    if (std::abs(at_a) <= enough) return a;  // on another mesh its sign may be another, too
    if (std::abs(at_b) <= enough) return b;
    if ((at_a > 0) == (at_b > 0)) return std::nullopt;
    std::uintmax_t evaluations = 60;
    boost::math::tools::toms748_solve(at, 0.0, 1.0, at_a, at_b,
                                      boost::math::tools::eps_tolerance<double>(52), evaluations);
    if (failed) return std::nullopt;
    return best;
}

std::optional<curve_point> tracer::locate_crossing(
    const curve_point& a, const curve_point& b,
    const std::function<double(const curve_point&)>& test) {
    curve_point left = a, right = b;
    const bool sign = left.regularity > 0;
    if (sign == (right.regularity > 0)) return std::nullopt;
    const auto crossing = [&] { return left.regularity / (left.regularity - right.regularity); };
    double reach = 0.25;  // of the way from the guess to the farther end
    for (int k = 0; k < most_narrowings && (right.u - left.u).norm() > beside; ++k) {
        // as far on both sides of the guess, beyond an end that is too near to tell
        const double at = crossing(), away = reach * std::max(at, 1 - at);
        const auto before = between(left, right, at - away);
        const auto after = between(left, right, at + away);
        if (before) ((before->regularity > 0) == sign ? left : right) = *before;
        if (after && !(before && (before->regularity > 0) != sign))
            ((after->regularity > 0) == sign ? left : right) = *after;
        if (!before && !after && (reach += 0.25) >= 1) break;
    }
    double share = crossing();
    const auto before = between(left, right, -1), after = between(left, right, 2);
    if (test && before && after) {
        const std::array<curve_point, 4> near{*before, left, right, *after};
        std::array<double, 4> value{};
        std::transform(near.begin(), near.end(), value.begin(), test);
        const double better = vanishing_share(near, value);
        if (value[1] * value[2] < 0 && better >= 0 && better <= 1) share = better;
    }
    const hermite guess(left, right, share);
    return curve_point{guess.u, guess.slope.normalized(), 0};
}

}  // namespace moebius

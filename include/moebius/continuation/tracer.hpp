// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <functional>
#include <moebius/continuation/options.hpp>
#include <moebius/solve/linearization.hpp>
#include <optional>

namespace moebius {

/// A curve F(u) = 0 given by m smooth equations in m + 1 unknowns, all scaled to order one.
class curve {
public:
    virtual ~curve() = default;
    [[nodiscard]] virtual Eigen::Index unknowns() const = 0;  ///< m + 1

    /// Sets F (m) and prepares the derivative at u.
    /// @return false if a number in them is not finite
    [[nodiscard]] virtual bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) = 0;

    /// DF where the curve was last linearized.
    [[nodiscard]] virtual linearization& derivative() = 0;

    /// The coordinates that stay within bounds, so many from `first` on. Those before them, and
    /// those behind, may grow without bound: far out, steps along them grow, too.
    struct bounded_part {
        Eigen::Index first, count;
    };
    [[nodiscard]] virtual bounded_part bounded() const { return {0, unknowns()}; }

    /// Whether the unknowns are values of a function by weights, so that the size of a part is its
    /// norm; else it is that of its largest coordinate.
    [[nodiscard]] virtual bool is_weighted() const { return false; }

    /// Whether a linearization costs so much that steps are kept from being refused, and that none
    /// is taken once what it would tell is below continuation_options::tolerance.
    [[nodiscard]] virtual bool is_costly() const { return false; }
};

/// A curve that gives its derivative as a dense matrix: enough for a few dozen unknowns.
class dense_curve : public curve {
public:
    explicit dense_curve(Eigen::Index unknowns)
        : df_(unknowns - 1, unknowns), derivative_(unknowns) {}

    /// Sets F (m) and its derivative (m, m + 1) at u.
    virtual void evaluate(const Eigen::VectorXd& u, Eigen::VectorXd& f, Eigen::MatrixXd& df) = 0;

    [[nodiscard]] Eigen::Index unknowns() const final { return df_.cols(); }
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) final {
        evaluate(u, f, df_);
        derivative_.matrix() = df_;
        return f.allFinite() && df_.allFinite();
    }
    [[nodiscard]] linearization& derivative() final { return derivative_; }

private:
    Eigen::MatrixXd df_;
    dense_linearization derivative_;
};

/// A point of a curve.
struct curve_point {
    Eigen::VectorXd u;
    Eigen::VectorXd tangent;  ///< of unit length, in the direction of travel
    double regularity = 0;    ///< its sign changes where the curve crosses another one; see
                              ///< linearization::regularity
};

/// How a step ended.
enum class step_status { accepted, too_small, not_finite };

/// Follows a curve by pseudo-arclength: a predictor along the tangent that bends as the last step
/// did, Newton's corrector in the plane across the tangent, and steps that adapt to the corrector's
/// work and to the turn of the tangent.
///
/// A step is refused and halved when the corrector does not converge, when the tangent turns by
/// more than max_turn or much otherwise than in the step before, or when the correction is long
/// against the step: such steps may have jumped to another branch.
/// @source  Keller 1977; Allgower & Georg, Introduction to Numerical Continuation Methods, ch. 2-6;
///          Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, section 1.3
/// @cost    about three linearizations of the curve a step, each factored once
class tracer {
public:
    /// The curve must outlive the tracer.
    tracer(curve& followed, const continuation_options& options);

    /// Takes a point near u on the curve, the tangent turned to point along `towards`; also in the
    /// middle of a curve whose unknowns have changed, and then the length of the steps stays.
    /// @return false if there is none near, or the curve has no unique tangent there
    [[nodiscard]] bool start(const Eigen::VectorXd& u, const Eigen::VectorXd& towards);

    /// Goes on at a point near u, in the plane through it across `row`, which is nearly the
    /// tangent: as where unknowns have changed amid the curve. The length of the steps stays.
    [[nodiscard]] bool resume(const Eigen::VectorXd& u, const Eigen::VectorXd& row);

    /// The same at the given value of one coordinate of u, in its direction if sign > 0.
    [[nodiscard]] bool start_at(const Eigen::VectorXd& u, Eigen::Index coordinate, int sign);

    /// Starts at a point of the curve, the other way.
    void start_back(const curve_point& from);

    /// Starts at u exactly, with a tangent that the caller knows (at a branch point).
    void start_with_tangent(const Eigen::VectorXd& u, const Eigen::VectorXd& tangent);

    /// One step on. After it the curve was last evaluated at current().u (up to rounding).
    [[nodiscard]] step_status advance();

    /// Takes the last step back and halves the next one.
    /// @return false if it would become shorter than min_step
    [[nodiscard]] bool retreat();

    /// Replaces the current point by the one near it whose coordinate has the given value.
    [[nodiscard]] bool land(Eigen::Index coordinate, double value);

    /// Replaces it by the point at a share of the last step.
    [[nodiscard]] bool cut(double share);

    [[nodiscard]] const curve_point& previous() const noexcept { return previous_; }
    [[nodiscard]] const curve_point& current() const noexcept { return current_; }
    [[nodiscard]] double step() const noexcept { return step_; }  ///< from previous to current

    /// The point at the share theta in [0, 1] of the way from a to b, two neighbours on the curve.
    [[nodiscard]] std::optional<curve_point> between(const curve_point& a, const curve_point& b,
                                                     double theta);

    /// The same half-way. It is remembered: what asks whether a long step was a jump and what looks
    /// for events within it need the same point.
    [[nodiscard]] std::optional<curve_point> half_way(const curve_point& a, const curve_point& b);

    /// Where between a and b a test function vanishes that has opposite signs at the two.
    /// @param precision  of it, against its values there, that is as good as zero
    [[nodiscard]] std::optional<curve_point> locate(
        const curve_point& a, const curve_point& b,
        const std::function<double(const curve_point&)>& test, double precision = 0);

    /// The same where the regularity vanishes, next to which Newton's method finds no point:
    /// between the nearest points on both sides that it finds, by their cubic interpolant. Its
    /// regularity is zero.
    /// @param test  vanishes there, too, and is straighter than the regularity: that is of order
    /// one
    ///              at most, and bends where other directions are nearly singular
    [[nodiscard]] std::optional<curve_point> locate_crossing(
        const curve_point& a, const curve_point& b,
        const std::function<double(const curve_point&)>& test = {});

private:
    enum class corrected { yes, no, not_finite };
    corrected correct(const Eigen::VectorXd& row, curve_point& point, int& iterations);
    corrected try_step(int& iterations);
    void stand_at(const Eigen::VectorXd& u);
    [[nodiscard]] double longest() const;

    curve& curve_;
    continuation_options options_;
    curve_point previous_, current_, trial_;
    double step_ = 0;  ///< length of the last accepted step
    double next_ = 0;  ///< length of the next one
    double bend_ = 0;  ///< of the last one tried: how much otherwise it turned than the one before
    Eigen::VectorXd rate_, older_rate_;  ///< of turn along the last step and the one before it
    bool has_rate_ = false, had_rate_ = false;
    bool beside_no_number_ = false;  ///< a step came to where the equations are none: the
                                     ///< last correction of another may have, too
    Eigen::VectorXd f_, delta_;
    struct {
        Eigen::VectorXd from, to;
        std::optional<curve_point> found;
    } half_way_;  // last, between neighbours
};

/// How far the middle one of three neighbours on a curve lies from where the cubic through the
/// outer two, along their tangents, is half-way.
[[nodiscard]] double off_cubic(const curve_point& a, const curve_point& middle,
                               const curve_point& b);

}  // namespace moebius

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/events.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// A curve of equilibria at which something happens, as two parameters vary: of folds, branch
/// points or Hopf points. Defined by f(x, p) = 0 and a minimally augmented system.
///
/// Unknowns are the scaled states, the scaled free parameters, and what the kind of curve adds.
/// @source Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, chapters 3 and 4;
///         Kuznetsov (3rd ed.), section 10.3
class bifurcation_curve : public curve {
public:
    bifurcation_curve(const problem& base, const std::vector<parameter_range>& ranges);

    [[nodiscard]] bounded_part bounded() const override { return {states(), free()}; }

    /// By `evaluate`, unless a kind knows better.
    [[nodiscard]] bool linearize(const Eigen::VectorXd& u, Eigen::VectorXd& f) override;
    [[nodiscard]] linearization& derivative() override;

    /// Sets F (m) and its derivative (m, m + 1) at u, dense: what linearize asks for, unless a kind
    /// has a linearize of its own.
    virtual void evaluate(const Eigen::VectorXd& /*u*/, Eigen::VectorXd& /*f*/,
                          Eigen::MatrixXd& /*df*/) {}

    [[nodiscard]] virtual std::string_view kind() const = 0;  ///< branch::kind
    [[nodiscard]] virtual point_type type() const = 0;        ///< what an ordinary point of it is

    /// The unknowns near a special point, around which the system is built; empty where the system
    /// is not finite in double precision.
    [[nodiscard]] virtual Eigen::VectorXd start(const special_point& point) = 0;
    /// Takes the borders of the augmented system from the null vectors near u; to be called now and
    /// then, so that they never become orthogonal to them.
    /// @return false, and the borders stay, where they would not be finite
    virtual bool adapt(const Eigen::VectorXd& u) = 0;
    /// Whether what is followed is still there at u.
    [[nodiscard]] virtual bool holds_at(const Eigen::VectorXd& u);
    /// A tangent at u where the curve crosses another one; empty if there is none to be told.
    [[nodiscard]] virtual Eigen::VectorXd crossing_tangent(const Eigen::VectorXd& u);

    /// Functions that vanish at points of codimension two.
    [[nodiscard]] virtual std::vector<test_function> tests() = 0;
    /// The point of that type at u; nothing if the test vanished for another reason.
    [[nodiscard]] virtual std::optional<special_point> described(point_type type,
                                                                 const Eigen::VectorXd& u) = 0;
    /// What a row tells besides parameters, states and loads.
    [[nodiscard]] virtual std::span<const std::string_view> column_names() const = 0;
    [[nodiscard]] virtual std::vector<double> columns(const Eigen::VectorXd& u) = 0;

    /// A coordinate c, or -c, that must not fall below `at`, where the curve ends in a point of
    /// this type.
    struct end {
        Eigen::Index coordinate;
        point_type type;
        double at = 0;
        double sign = 1;  ///< or -1
        [[nodiscard]] double height(const Eigen::VectorXd& u) const {
            return sign * u[coordinate] - at;
        }
    };
    [[nodiscard]] virtual std::vector<end> natural_ends() const { return {}; }
    /// The end itself, near u, where another system than the curve's own is regular; else nothing.
    [[nodiscard]] virtual std::optional<Eigen::VectorXd> refined_end(const Eigen::VectorXd& u);
    /// What tells points with the same states and parameters apart, such as omega^2.
    [[nodiscard]] virtual double rate(const Eigen::VectorXd& /*u*/) const { return 0; }

    [[nodiscard]] const scaling& units() const noexcept { return scaling_; }
    [[nodiscard]] const problem& base() const noexcept { return base_; }
    [[nodiscard]] const std::vector<double>& state() const noexcept { return x_; }
    [[nodiscard]] const std::vector<double>& parameters() const noexcept { return p_; }

protected:
    [[nodiscard]] Eigen::Index states() const { return terms_.f().size(); }
    [[nodiscard]] Eigen::Index free() const { return scaling_.units().size() - states(); }
    [[nodiscard]] const field& model() const { return *base_.model; }

    /// Sets f, f_x and f_p at u.
    /// @return false if a number is not finite
    bool terms_at(const Eigen::VectorXd& u);
    /// What `evaluate` gives where the system is not finite: no number.
    static void not_finite(Eigen::VectorXd& f, Eigen::MatrixXd& df);
    /// Column of f_p for the k-th free parameter.
    [[nodiscard]] auto by_parameter(Eigen::Index k) const { return terms_.by_parameters().col(k); }
    /// A direction of states as one of states and free parameters.
    [[nodiscard]] Eigen::VectorXd along_states(const Eigen::VectorXd& v) const;

    problem base_;
    scaling scaling_;
    linear_terms terms_;
    std::vector<double> x_, p_;
    std::unique_ptr<linearization> derivative_;
};

/// What can be said at any equilibrium: label-free, with state, parameters and eigenvalues: all of
/// them, or the leading ones of a structured Jacobian with more than a thousand states.
[[nodiscard]] special_point point_at(const field& model, point_type type,
                                     const std::vector<double>& x, const std::vector<double>& p);

}  // namespace moebius

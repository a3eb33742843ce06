// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/bifurcation/bifurcation_curve.hpp>

namespace moebius {

/// A curve along which f_x has a zero eigenvalue, by the bordered system
///
///     [ f_x  b ] [ v ]   [ 0 ]
///     [ c^T  0 ] [ g ] = [ 1 ]
///
/// and its transpose, which gives w: g vanishes exactly where f_x is singular, v and w are its null
/// vectors there. They keep their directions from one call of `adapt` to the next.
/// @source  Govaerts, section 3.2
class zero_eigenvalue_curve : public bifurcation_curve {
public:
    /// @param step  > 0: of the rule x <- x + step f, whose points of codimension two are told
    zero_eigenvalue_curve(const problem& base, const std::vector<parameter_range>& ranges,
                          double step = 0)
        : bifurcation_curve(base, ranges), step_(step) {}
    [[nodiscard]] Eigen::VectorXd start(const special_point& point) override;
    bool adapt(const Eigen::VectorXd& u) override;

protected:
    /// Sets f, f_x, f_p, v, w and g at u.
    /// @return false if a number is not finite
    bool solve_at(const Eigen::VectorXd& u);
    /// The part in x of the solution of [f_x b; c^T 0] (x, s) = (right, 0), f_x as last solved.
    [[nodiscard]] Eigen::VectorXd beside(const Eigen::VectorXd& right) const;

    /// BT where w^T v = 0, ZH where another pair of eigenvalues is imaginary; of a map R1, LPPD and
    /// LPNS.
    [[nodiscard]] std::vector<test_function> zero_tests();
    /// That point at u; nothing for a neutral saddle.
    [[nodiscard]] std::optional<special_point> described_zero(point_type type,
                                                              const Eigen::VectorXd& u);

    Eigen::VectorXd b_, c_, v_, w_;
    double g_ = 0;

private:
    [[nodiscard]] std::vector<test_function> map_tests();

    double step_ = 0;
};

/// The BT at (x, p): normal form `a` and `b`, or `a3` and `b3` where a reflection makes those
/// vanish. Supercritical where the cycles nearby are stable.
[[nodiscard]] special_point bogdanov_takens_point(const field& model, const std::vector<double>& x,
                                                  const std::vector<double>& p);
/// The ZH at (x, p): `omega`, `B`, `C`, `D`, `E` of zero_hopf_at.
[[nodiscard]] special_point zero_hopf_point(const field& model, const std::vector<double>& x,
                                            const std::vector<double>& p);

}  // namespace moebius

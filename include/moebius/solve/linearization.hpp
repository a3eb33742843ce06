// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/solve/dense_lu.hpp>

namespace moebius {

/// The derivative DF (m, m + 1) of a curve's equations at one point, ready for bordered systems
///
///     [ DF    ]
///     [ row^T ] x = b,
///
/// which is all that following a curve needs. How DF is stored and factored is the derived
/// class's matter.
class linearization {
public:
    virtual ~linearization() = default;

    /// Factors [DF; row^T]; what follows speaks of these factors.
    virtual void factor(const Eigen::VectorXd& row) = 0;

    /// Overwrites b (m + 1) with the solution; infinite or NaN entries if the matrix is singular.
    virtual void solve_in_place(Eigen::VectorXd& b) const = 0;

    /// How far [DF; t^T] is from singular, for the unit tangent t: its sign is the determinant's,
    /// it is smooth, of order one at most, and zero exactly where the curve crosses another one.
    [[nodiscard]] virtual double regularity(const Eigen::VectorXd& tangent) const = 0;
};

/// A fixed vector of entries between 1/2 and 3/2 with no pattern: no null vector that a model's
/// symmetry explains is across it.
[[nodiscard]] Eigen::VectorXd generic_vector(Eigen::Index size);

/// sign(det) / |[DF'; t^T]^-1 e| with e the generic vector of unit length and DF' = DF with each
/// row divided by its length: a regularity that neither overflows nor underflows.
///
/// Near a simple zero the inverse is u v^T / s plus something smooth, s the signed smallest
/// singular value, so that this goes through zero as s does.
///
/// @param factored     whose factors of [DF; row^T] are used
/// @param sign         of det [DF; row^T]
/// @param row          the one that was factored
/// @param row_lengths  of DF. Shape (m)
[[nodiscard]] double probed_regularity(const linearization& factored, double sign,
                                       const Eigen::VectorXd& row,
                                       const Eigen::VectorXd& row_lengths,
                                       const Eigen::VectorXd& tangent);

/// DF as a dense matrix: O(m^3) a factorisation, and the oracle of all others.
///
/// Up to dense_lu::small rows the regularity is the determinant of [DF; t^T] over the product of
/// the rows' lengths, within [-1, 1].
class dense_linearization final : public linearization {
public:
    explicit dense_linearization(Eigen::Index unknowns);

    [[nodiscard]] auto matrix() { return bordered_.topRows(bordered_.rows() - 1); }  ///< to be set

    void factor(const Eigen::VectorXd& row) override;
    void solve_in_place(Eigen::VectorXd& b) const override { lu_.solve_in_place(b); }
    [[nodiscard]] double regularity(const Eigen::VectorXd& tangent) const override;

private:
    Eigen::MatrixXd bordered_;  // DF and the row
    dense_lu lu_;
};

}  // namespace moebius

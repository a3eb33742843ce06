// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <Eigen/QR>
#include <complex>
#include <moebius/solve/dense_lu.hpp>
#include <vector>

namespace moebius {

/// Linear equations in a closed chain, with k more unknowns e and as many rows across all:
///
///     x_{j+1} = G_j x_j + H_j e + r_j,  j = 0 ... L-1,  x_L = x_0
///     sum_j (C_j x_j + D_j e) = s
///
/// Links are added in turn; each eliminates one x_j by an orthogonal transformation of two blocks,
/// which is stable however fast solutions grow or decay along the chain. What is left of the links
/// is A x_0 + B x_L = 0, whose generalised eigenvalues are the multipliers of the chain: those near
/// 1 do not suffer from others near zero or infinity, as they would in the product of the G_j.
///
/// @cost   O(L n^3)
/// @source S. Wright, SIAM J. Sci. Stat. Comput. 13 (1992) 742 (structured elimination);
///         Fairgrieve & Jepson, SIAM J. Numer. Anal. 28 (1991) 1446 (multipliers)
class cyclic_chain {
public:
    /// @param n  unknowns of a link
    /// @param k  further unknowns and rows
    cyclic_chain(Eigen::Index n, Eigen::Index k);

    /// Starts a new chain.
    void begin();
    /// The next link. Shapes: link (n, n + k) = [G H], rows (k, n + k) = [C D].
    void add(const Eigen::MatrixXd& link, const Eigen::MatrixXd& rows);
    /// Closes the chain; solve and multipliers may follow.
    void close();

    /// x_0 ... x_{L-1}, then e. Shapes: r (n, L), s (k), result (L n + k).
    /// @return not finite if the system is singular
    [[nodiscard]] Eigen::VectorXd solve(const Eigen::MatrixXd& r, Eigen::VectorXd s) const;

    /// Of the transposed system: (r, s) with r . r' + s . s' = x . x' + e . e' wherever (x', e')
    /// solves for (r', s'). Shapes: x (n, L), e (k), result (L n + k), r_0 ... r_{L-1} first.
    [[nodiscard]] Eigen::VectorXd solve_transposed(Eigen::MatrixXd x, Eigen::VectorXd e) const;

    /// Smooth, of order one at most, with the sign of the whole system's determinant and its zeros
    /// (see linearization::regularity).
    [[nodiscard]] double regularity() const noexcept { return regularity_; }

    /// Eigenvalues of the map from x_0 to x_L at e = 0, by falling modulus; infinite ones are left
    /// out.
    [[nodiscard]] std::vector<std::complex<double>> multipliers() const;

private:
    void eliminate(const Eigen::MatrixXd& link, const Eigen::MatrixXd& rows);

    /// An eliminated x_j: the factors of its two blocks, and x_j by (x_0, x_{j+1}, e).
    struct eliminated {
        Eigen::HouseholderQR<Eigen::MatrixXd> qr;
        Eigen::MatrixXd back, rows;  ///< rows: what the rows had of x_j
    };

    Eigen::Index n_, k_;
    int sign_ = 1;
    double regularity_ = 0;
    bool empty_ = true;
    /// a_ x_0 + b_ x_j + c_ e = 0, and what the rows have of x_0, x_j and e.
    Eigen::MatrixXd a_, b_, c_, rows_first_, rows_last_, rows_rest_;
    std::vector<eliminated> steps_;
    dense_lu closed_;  ///< of (x_0, e)
};

}  // namespace moebius

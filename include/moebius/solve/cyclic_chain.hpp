// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/solve/dense_lu.hpp>
#include <vector>

namespace moebius {

/// Linear equations in a closed chain, with k more unknowns e and as many rows across all:
///
///     x_{j+1} = G_j x_j + H_j e + r_j,  j = 0 ... L-1,  x_L = x_0
///     sum_j (C_j x_j + D_j e) = s
///
/// Links are added in turn; each eliminates one x_j by an orthogonal transformation of two blocks,
/// which is stable however fast solutions grow or decay along the chain. The memory is kept from
/// one chain to the next.
///
/// @cost   O(L n^3)
/// @source S. Wright, SIAM J. Sci. Stat. Comput. 13 (1992) 742 (structured elimination)
class cyclic_chain {
public:
    using block = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

    /// @param n  unknowns of a link
    /// @param k  further unknowns and rows
    cyclic_chain(Eigen::Index n, Eigen::Index k);

    /// Starts a new chain.
    void begin();
    /// The next link. Shapes: link (n, n + k) = [G H], rows (k, n + k) = [C D].
    void add(const block& link, const block& rows);
    /// Closes the chain; solve may follow.
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

private:
    /// An eliminated x_j: Householder's factors of its two blocks, and x_j by (x_0, x_{j+1}, e).
    struct eliminated {
        Eigen::MatrixXd factors;     ///< reflectors below R. Shape (2 n, n)
        Eigen::VectorXd strengths;   ///< of the reflectors. Shape (n)
        Eigen::MatrixXd back, rows;  ///< rows: what the rows had of x_j
    };

    void eliminate(const block& link, const block& rows);
    void factor(eliminated& step);
    void reflect(const eliminated& step, Eigen::VectorXd& both, bool transposed) const;

    Eigen::Index n_, k_;
    int sign_ = 1;
    double regularity_ = 0;
    bool empty_ = true;
    /// a x_0 + b x_j + c e = 0 as [a b c], and what the rows have of x_0, x_j and e.
    Eigen::MatrixXd relation_, rows_first_, rows_last_, rows_rest_;
    Eigen::MatrixXd work_;           // what the next reflectors act on: of x_0, x_{j+1} and e
    std::vector<eliminated> steps_;  // the first used_ of them
    std::size_t used_ = 0;
    dense_lu closed_;  ///< of (x_0, e)
};

}  // namespace moebius

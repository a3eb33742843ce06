// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <complex>
#include <memory>
#include <moebius/model/field.hpp>
#include <moebius/solve/linearization.hpp>
#include <moebius/solve/spectrum.hpp>
#include <span>
#include <vector>

namespace moebius {

class coupled_cells;

/// From this many states on for each rank, a Jacobian that the model gives as diagonal plus low
/// rank is used as such; below, dense elimination is as fast.
inline constexpr std::size_t structured_from = 5;

/// What the eigenvalues of the Jacobian say about an equilibrium.
struct stability {
    std::vector<std::complex<double>> leading;  ///< by falling real part; at least those asked for
    std::size_t n_unstable = 0;                 ///< how many have a real part > 0
};

/// f, f_x and f_p of a field at one point (x, p) and what is computed from them: dense, or with
/// work and memory that grow like n where the model gives its Jacobian so (field::structured).
class linear_terms {
public:
    /// The model must outlive the terms.
    /// @param free  positions of the parameters by which f is differentiated
    linear_terms(const field& model, std::vector<std::size_t> free);

    /// At the point of the last call it costs nothing.
    /// @return false if a number is not finite
    bool evaluate(const std::vector<double>& x, const std::vector<double>& p);

    [[nodiscard]] bool is_structured() const noexcept { return rank_ > 0; }
    /// As that of loads that respond to scores alone, diagonal plus low rank.
    [[nodiscard]] bool spectrum_is_real() const noexcept { return rank_ > 0 && !coupled_; }
    [[nodiscard]] const Eigen::VectorXd& f() const noexcept { return f_; }
    /// Shape (n, free).
    [[nodiscard]] const Eigen::MatrixXd& by_parameters() const noexcept { return fp_; }
    /// f_x, built from its parts where it is structured. @cost O(n^2) memory
    [[nodiscard]] Eigen::MatrixXd jacobian() const;

    [[nodiscard]] double determinant() const;  ///< of f_x

    /// To the last bit, as the Jacobian of a gradient is; then no eigenvalue leaves the real line.
    [[nodiscard]] bool is_symmetric() const;

    /// The Frobenius norm of f_x. @cost O(n) where it is structured
    [[nodiscard]] double jacobian_norm() const;

    /// All eigenvalues of f_x, by falling real part; computed once a point.
    [[nodiscard]] const std::vector<std::complex<double>>& spectrum() const;

    /// @param leading  how many eigenvalues are wanted; a dense Jacobian gives all of them
    [[nodiscard]] stability stability_here(std::size_t leading) const;

    /// Unit null vectors of a Jacobian that is singular up to rounding.
    [[nodiscard]] null_pair null_vectors_here() const;

    /// Solves [f_x b; c^T 0] y = r (n + 1), or the same with f_x transposed.
    enum class side { right, left };
    [[nodiscard]] Eigen::VectorXd bordered_solve(side which, const Eigen::VectorXd& b,
                                                 const Eigen::VectorXd& c,
                                                 const Eigen::VectorXd& r) const;

    /// For a curve of f and, with k free parameters, k - 1 equations behind it.
    [[nodiscard]] std::unique_ptr<linearization> new_linearization() const;

    /// Sets a linearization made by new_linearization, each column multiplied by its unit.
    /// @param rows   of the equations behind f, units not yet applied. Shape (k - 1) of (n + k)
    /// @param shift  taken from the diagonal of f_x
    void fill(linearization& into, const Eigen::VectorXd& units,
              std::span<const Eigen::VectorXd> rows, double shift = 0) const;

private:
    bool evaluated(const std::vector<double>& x, const std::vector<double>& p);

    const field& model_;
    const coupled_cells* coupled_;  // whose Jacobian has blocks in place of a diagonal
    std::vector<std::size_t> free_;
    Eigen::Index n_, rank_;
    Eigen::VectorXd f_, diagonal_, upper_, lower_;
    Eigen::MatrixXd fx_, every_fp_, fp_;  // fx_ and every_fp_ if dense
    Eigen::MatrixXd left_, right_;        // and diagonal_ if structured
    std::vector<double> x_, p_;           // of the last point
    bool finite_ = false;
    mutable std::vector<std::complex<double>> spectrum_;
};

}  // namespace moebius

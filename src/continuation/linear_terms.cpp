// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/coupled_cells.hpp>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/dense_lu.hpp>
#include <moebius/solve/low_rank.hpp>
#include <moebius/solve/secular.hpp>
#include <optional>
#include <utility>

namespace moebius {

constexpr Eigen::Index inverse_from = 16;  // states; below, an SVD costs nothing
constexpr Eigen::Index coupled_from = 16;  // states; below, so do all eigenvalues at once
constexpr double symmetric = 1e-14;        // of a norm: what rounding leaves of a symmetry

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// A matrix that is symmetric but for rounding, without that: an eighth of the work.
MatrixXd evened(MatrixXd a) {
    if ((a - a.transpose()).norm() <= symmetric * a.norm()) a = (a + a.transpose()).eval() / 2;
    return a;
}

/// Eigenvalues of S, in any order; none if it is not known.
std::vector<double> coupling_spectrum(const coupled_cells& cells, Index n,
                                      std::span<const double> x, std::span<const double> p) {
    if (cells.coupled_rank() > 0) {
        rank_one_update a{VectorXd(n), VectorXd(n)};
        cells.rank_one_coupling(x, p, view(a.diagonal), view(a.weights));
        if (has_real_spectrum(a)) return leading_eigenvalues(a, static_cast<std::size_t>(n));
    }
    MatrixXd coupling(n, n);
    if (!cells.coupling(x, p, view(coupling))) return {};
    const VectorXd values = eigenvalues_of_symmetric(coupling);
    return {values.begin(), values.end()};
}

/// Those of cells that one symmetric matrix couples, by falling real part; none if none does.
std::vector<std::complex<double>> coupled_spectrum(const field& model, std::span<const double> x,
                                                   std::span<const double> p) {
    const auto* cells = dynamic_cast<const coupled_cells*>(&model);
    const auto n = static_cast<Index>(model.experts());
    if (!cells || n == 0) return {};
    const auto sigma = coupling_spectrum(*cells, n, x, p);
    const auto together = std::min_element(
        sigma.begin(), sigma.end(), [](double l, double r) { return std::abs(l) < std::abs(r); });
    std::vector<std::complex<double>> values;
    MatrixXd block(static_cast<Index>(model.dimension()) / n,
                   static_cast<Index>(model.dimension()) / n);
    for (auto one = sigma.begin(); one != sigma.end(); ++one) {
        cells->mode(p, one == together ? std::nullopt : std::optional(*one), view(block));
        for (const auto& value : eigenvalues(block)) values.push_back(value);
    }
    std::sort(values.begin(), values.end(), [](auto l, auto r) {
        return l.real() != r.real() ? l.real() > r.real() : l.imag() > r.imag();
    });
    return values;
}

/// The rank at which the parts of a Jacobian are used, 0 for a dense one.
Index used_rank(const field& model, const coupled_cells* cells) {
    const std::size_t rank = cells ? cells->coupled_rank() : model.jacobian_rank();
    return model.dimension() < structured_from * rank ? 0 : static_cast<Index>(rank);
}

}  // namespace

linear_terms::linear_terms(const field& model, std::vector<std::size_t> free)
    : model_(model),
      coupled_(dynamic_cast<const coupled_cells*>(&model)),
      free_(std::move(free)),
      n_(static_cast<Index>(model.dimension())),
      rank_(used_rank(model, coupled_)),
      f_(n_),
      fp_(n_, static_cast<Index>(free_.size())) {
    if (is_structured()) {
        diagonal_.resize(n_);
        left_.resize(n_, rank_);
        right_.resize(n_, rank_);
        if (coupled_) upper_ = lower_ = VectorXd(n_ / 2);
    } else {
        fx_.resize(n_, n_);
        every_fp_.resize(n_, static_cast<Index>(model.parameters().size()));
    }
}

bool linear_terms::evaluate(const std::vector<double>& x, const std::vector<double>& p) {
    if (x == x_ && p == p_) return finite_;
    finite_ = evaluated(x, p);
    x_ = x;
    p_ = p;
    spectrum_.clear();
    return finite_;
}

bool linear_terms::evaluated(const std::vector<double>& x, const std::vector<double>& p) {
    if (is_structured()) {
        const structured_terms all{view(f_), view(diagonal_), view(left_), view(right_), view(fp_)};
        if (coupled_)
            coupled_->coupled(x, p, free_, {all, view(upper_), view(lower_)});
        else
            model_.structured(x, p, free_, all);
        return f_.allFinite() && diagonal_.allFinite() && left_.allFinite() && right_.allFinite() &&
               upper_.allFinite() && lower_.allFinite() && fp_.allFinite();
    }
    model_.linear(x, p, view(f_), view(fx_), view(every_fp_));
    for (Index k = 0; k < fp_.cols(); ++k)
        fp_.col(k) = every_fp_.col(static_cast<Index>(free_[static_cast<std::size_t>(k)]));
    return f_.allFinite() && fx_.allFinite() && fp_.allFinite();
}

MatrixXd linear_terms::jacobian() const {
    if (!is_structured()) return fx_;
    MatrixXd result = left_ * right_.transpose();
    result.diagonal() += diagonal_;
    for (Index i = 0; i < upper_.size(); ++i) {
        result(i, upper_.size() + i) += upper_[i];
        result(upper_.size() + i, i) += lower_[i];
    }
    return result;
}

double linear_terms::jacobian_norm() const {
    if (!is_structured()) return fx_.norm();
    // |D + L R^T|^2 = |D|^2 + 2 sum d_i l_i . r_i + tr(L^T L R^T R)
    double mixed = diagonal_.dot(left_.cwiseProduct(right_).rowwise().sum());
    if (const Index h = upper_.size(); h > 0) {
        const auto beside = [h](const auto& a, const auto& b) {
            return a.topRows(h).cwiseProduct(b.bottomRows(h)).rowwise().sum();
        };
        mixed += upper_.dot(beside(left_, right_)) + lower_.dot(beside(right_, left_));
    }
    const double low = (left_.transpose() * left_).cwiseProduct(right_.transpose() * right_).sum();
    const double own = diagonal_.squaredNorm() + upper_.squaredNorm() + lower_.squaredNorm();
    return std::sqrt(std::max(0.0, own + 2 * mixed + low));
}

double linear_terms::determinant() const {
    dense_lu factors;
    if (is_structured())
        factors.compute(jacobian());
    else
        factors.compute(fx_);
    return factors.determinant();
}

bool linear_terms::is_symmetric() const { return !is_structured() && fx_ == fx_.transpose(); }

const std::vector<std::complex<double>>& linear_terms::spectrum() const {
    if (!spectrum_.empty()) return spectrum_;
    if (n_ >= coupled_from && finite_) spectrum_ = coupled_spectrum(model_, x_, p_);
    if (n_ == 1 && !is_structured())
        spectrum_.assign(1, fx_(0, 0));
    else if (spectrum_.empty())
        spectrum_ = is_structured() ? eigenvalues(evened(jacobian())) : eigenvalues(fx_);
    return spectrum_;
}

stability linear_terms::stability_here(std::size_t leading) const {
    stability result;
    if (rank_ == 1) {
        const rank_one_update a{diagonal_, left_.cwiseProduct(right_)};
        if (has_real_spectrum(a)) {
            const auto values = leading_eigenvalues(a, leading);
            result.leading.assign(values.begin(), values.end());
            result.n_unstable = positive_eigenvalues(a);
            return result;
        }
    }
    result.leading = spectrum();
    for (const auto& value : result.leading)
        if (value.real() > 0) ++result.n_unstable;
    return result;
}

null_pair linear_terms::null_vectors_here() const {
    if (!is_structured() && n_ < inverse_from) return null_vectors(fx_);
    // Inverse iteration: the solutions become the borders.
    null_pair result;
    result.right = result.left = generic_vector(n_).normalized();
    constexpr int rounds = 4;  // each gains what the gap to the next singular value gives
    for (int round = 0; round < rounds; ++round) {
        const VectorXd e = VectorXd::Unit(n_ + 1, n_);
        const VectorXd right = bordered_solve(side::right, result.left, result.right, e);
        const VectorXd left = bordered_solve(side::left, result.right, result.left, e);
        result.singular_value = std::abs(right[n_]) / right.head(n_).norm();
        result.right = right.head(n_).normalized();
        result.left = left.head(n_).normalized();
    }
    if (result.left.dot(result.right) < 0) result.left = -result.left;
    return result;
}

VectorXd linear_terms::bordered_solve(side which, const VectorXd& b, const VectorXd& c,
                                      const VectorXd& r) const {
    VectorXd row(n_ + 1);
    row << c, 0;
    if (is_structured()) {
        low_rank_linearization bordered(n_, rank_, 1);
        bordered.diagonal() = diagonal_;
        bordered.left() = which == side::right ? left_ : right_;
        bordered.right() = which == side::right ? right_ : left_;
        bordered.upper() = which == side::right ? upper_ : lower_;
        bordered.lower() = which == side::right ? lower_ : upper_;
        bordered.columns() = b;
        bordered.factor(row);
        VectorXd y = r;
        bordered.solve_in_place(y);
        return y;
    }
    MatrixXd bordered(n_ + 1, n_ + 1);
    bordered.topRightCorner(n_, 1) = b;
    bordered.row(n_) = row.transpose();
    if (which == side::right)
        bordered.topLeftCorner(n_, n_) = fx_;
    else
        bordered.topLeftCorner(n_, n_) = fx_.transpose();
    return partial_lu<double>(bordered).solve(r);
}

std::unique_ptr<linearization> linear_terms::new_linearization() const {
    const Index border = fp_.cols();
    if (is_structured()) return std::make_unique<low_rank_linearization>(n_, rank_, border);
    return std::make_unique<dense_linearization>(n_ + border);
}

void linear_terms::fill(linearization& into, const VectorXd& units, std::span<const VectorXd> rows,
                        double shift) const {
    const double unit = units[0];  // all states share it
    const Index free = fp_.cols();
    if (is_structured()) {
        auto& parts = static_cast<low_rank_linearization&>(into);
        parts.diagonal() = (diagonal_.array() - shift) * unit;
        parts.upper() = upper_ * unit;
        parts.lower() = lower_ * unit;
        parts.left() = left_ * unit;
        parts.right() = right_;
        parts.columns() = fp_ * units.tail(free).asDiagonal();
        for (std::size_t j = 0; j < rows.size(); ++j)
            parts.set_row(static_cast<Index>(j), rows[j].cwiseProduct(units));
        return;
    }
    auto df = static_cast<dense_linearization&>(into).matrix();
    df.topLeftCorner(n_, n_) = fx_ * unit;
    if (shift != 0) df.topLeftCorner(n_, n_).diagonal().array() -= shift * unit;
    for (Index k = 0; k < free; ++k) df.col(n_ + k).head(n_) = fp_.col(k) * units[n_ + k];
    for (std::size_t j = 0; j < rows.size(); ++j)
        df.row(n_ + static_cast<Index>(j)) = rows[j].cwiseProduct(units).transpose();
}

}  // namespace moebius

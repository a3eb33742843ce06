// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <moebius/solve/dense.hpp>
#include <moebius/solve/spectral_split.hpp>
#include <moebius/solve/spectrum.hpp>

namespace moebius {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

constexpr int most_sign_steps = 60;
constexpr double sign_found = 1e-9;  // of a step, whose square is what the next one leaves

}  // namespace

/// Newton's iteration X <- (X + X^-1)/2 for sign(A - middle), and the same for its derivatives,
/// L <- (L - X^-1 L X^-1)/2, with X scaled by the geometric mean of its eigenvalues at first.
spectral_split split_spectrum(const MatrixXd& a, std::size_t count,
                              std::span<const MatrixXd> directions) {
    const Index n = a.rows();
    const MatrixXd one = MatrixXd::Identity(n, n);
    spectral_split found{MatrixXd::Zero(n, n), {directions.begin(), directions.end()}};
    const auto all = eigenvalues(a);
    if (count == 0 || count == all.size()) {
        if (count > 0) found.upper = one;
        for (auto& change : found.changes) change.setZero();
        return found;
    }
    const double middle = (all[count - 1].real() + all[count].real()) / 2;
    MatrixXd x = a - middle * one;
    double logs = 0;
    for (const auto z : all) logs += std::log(std::abs(z - middle));
    double scale = std::exp(-logs / static_cast<double>(n)), moved = 1;
    for (int k = 0; k < most_sign_steps && moved > sign_found; ++k, scale = 1) {
        const MatrixXd inverse = partial_lu<double>(x).solve_each(one) / scale;
        const MatrixXd next = (scale * x + inverse) / 2;
        for (auto& change : found.changes)
            change = (scale * change - inverse * change * inverse * scale) / 2;
        moved = (next - x).norm() / next.norm();
        x = next;
    }
    if (!(moved <= sign_found)) x.setConstant(std::numeric_limits<double>::quiet_NaN());
    found.upper = (one + x) / 2;
    for (auto& change : found.changes) change /= 2;
    return found;
}

}  // namespace moebius

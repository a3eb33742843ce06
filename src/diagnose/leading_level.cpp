// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <moebius/diagnose/leading_level.hpp>
#include <utility>

namespace moebius {
namespace {

constexpr double merit_memory = 200, loss_memory = 50;  // steps
constexpr Eigen::Index krylov = 8;                      // directions: all of 8 experts

}  // namespace

leading_pair leading_direction(const Eigen::MatrixXd& of, const Eigen::VectorXd& from) {
    const auto size = of.cols(), most = std::min(size, krylov);
    Eigen::MatrixXd basis(size, most), images(size, most);
    Eigen::VectorXd next = from.norm() > 0 ? from : Eigen::VectorXd::LinSpaced(size, 1, 2);
    Eigen::Index found = 0;
    for (const double scale = of.norm(); found < most; ++found) {
        const double before = next.norm();
        for (int twice = 0; twice < 2; ++twice)
            next -= basis.leftCols(found) * (basis.leftCols(found).transpose() * next);
        if (!(next.norm() > 1e-12 * std::max(before, scale))) break;
        basis.col(found) = next.normalized();
        images.col(found) = of * basis.col(found);
        next = images.col(found);
    }
    if (found == 0) return {from};
    const Eigen::MatrixXd small = basis.leftCols(found).transpose() * images.leftCols(found);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(small);
    return {basis.leftCols(found) * solver.eigenvectors().col(found - 1),
            solver.eigenvalues()[found - 1]};
}

leading_level::leading_level(Eigen::Index size, double memory)
    : mean_(Eigen::MatrixXd::Zero(size, size)),
      late_(mean_),
      along_(Eigen::VectorXd::Zero(size)),
      memory_(memory) {}

void leading_level::take(const Eigen::MatrixXd& step) {
    // early steps weigh alike, so that the first is not remembered for long
    const auto weight = [](double memory, double steps) { return 1 / std::min(memory, steps); };
    if (++steps_ > 1) {
        const double gain = along_.dot(step * along_);
        loss_ += weight(loss_memory, steps_ - 1) * (fitted_ - gain - loss_);
        seen_.take(gain + loss_ / 2);
        merit_ += weight(merit_memory, steps_ - 1) * (gain - merit_);
    }
    mean_ += weight(memory_, steps_) * (step - mean_);
    late_ += weight(memory_, steps_) * (mean_ - late_);
    auto found = leading_direction(2 * mean_ - late_, along_);
    along_ = std::move(found.direction);
    fitted_ = found.gain;
}

}  // namespace moebius

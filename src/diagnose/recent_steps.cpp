// SPDX-License-Identifier: MIT
#include <moebius/base/require.hpp>
#include <moebius/diagnose/recent_steps.hpp>

namespace moebius {

recent_steps::recent_steps(std::size_t experts) {
    require("recent steps").at_least("experts", experts, 2);
    ring_ = Eigen::MatrixXf::Zero(static_cast<Eigen::Index>(experts), most);
}

void recent_steps::take(std::span<const double> shares) {
    ring_.col(static_cast<Eigen::Index>(count_++ % most)) =
        Eigen::Map<const Eigen::VectorXd>(shares.data(), ring_.rows()).cast<float>();
}

Eigen::MatrixXf recent_steps::last(std::size_t steps) const {
    Eigen::MatrixXf out(ring_.rows(), static_cast<Eigen::Index>(steps));
    for (std::size_t i = 0; i < steps; ++i)
        out.col(static_cast<Eigen::Index>(i)) =
            ring_.col(static_cast<Eigen::Index>((count_ - steps + i) % most));
    return out;
}

Eigen::VectorXd recent_steps::mean(std::size_t steps) const {
    return last(steps).cast<double>().rowwise().mean();
}

Eigen::MatrixXd recent_steps::blocks(std::size_t length) const {
    const auto size = static_cast<Eigen::Index>(length);
    const Eigen::MatrixXd steps = last(length * block_window::blocks).cast<double>();
    Eigen::MatrixXd out(ring_.rows(), block_window::blocks);
    for (Eigen::Index b = 0; b < block_window::blocks; ++b)
        out.col(b) = steps.middleCols(b * size, size).rowwise().mean();
    return out;
}

block_window recent_steps::window(std::size_t length) const {
    const Eigen::MatrixXd means = blocks(length).array() - 1 / static_cast<double>(ring_.rows());
    const Eigen::MatrixXd steps = last(length * block_window::blocks).cast<double>();
    const auto changes = steps.cols() - 1;
    const double square =
        (steps.rightCols(changes) - steps.leftCols(changes)).colwise().squaredNorm().mean();
    return {length, static_cast<std::size_t>(ring_.rows()), means.transpose() * means, square / 2};
}

}  // namespace moebius

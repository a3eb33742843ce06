// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/lane_sums.hpp>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/recent_steps.hpp>

namespace moebius {

recent_steps::recent_steps(std::size_t experts) {
    require("recent steps").at_least("experts", experts, 2);
    ring_ = Eigen::MatrixXf::Zero(static_cast<Eigen::Index>(experts), most);
}

void recent_steps::take(std::span<const double> shares) {
    auto to = ring_.col(static_cast<Eigen::Index>(count_++ % most));
    round_to(shares, {to.data(), shares.size()});
}

Eigen::MatrixXf::ConstColXpr recent_steps::step(std::size_t back) const {
    return ring_.col(static_cast<Eigen::Index>((count_ - 1 - back) % most));
}

Eigen::VectorXd recent_steps::mean(std::size_t steps, std::size_t back) const {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(ring_.rows());
    const auto experts = static_cast<std::size_t>(sum.size());
    for (std::size_t i = 0; i < steps; ++i)
        add_to({sum.data(), experts}, std::span(step(back + i).data(), experts));
    return sum / static_cast<double>(steps);
}

double recent_steps::largest_swing(std::size_t length) const {
    const auto even = 1 / static_cast<float>(ring_.rows());
    const std::size_t steps = length * block_window::blocks;
    double squares = 0;
    for (std::size_t i = 0; i < steps; ++i)
        squares += static_cast<double>((step(i).array() - even).square().sum());
    constexpr double rounding = 1e-3;  // of floats and their sums, and far more
    return (1 + rounding) *
           std::sqrt(squares / static_cast<double>(steps) * static_cast<double>(ring_.rows()));
}

block_window recent_steps::window(std::size_t length) const {
    const double even = 1 / static_cast<double>(ring_.rows());
    const std::size_t changes = length * block_window::blocks - 1;
    Eigen::MatrixXd means(ring_.rows(), block_window::blocks);
    for (std::size_t b = 0; b < block_window::blocks; ++b)
        means.col(static_cast<Eigen::Index>(block_window::blocks - 1 - b)) =
            mean(length, b * length).array() - even;
    double squares = 0;
    for (std::size_t i = 0; i < changes; ++i)
        squares += (step(i) - step(i + 1)).cast<double>().squaredNorm();
    return {length, static_cast<std::size_t>(ring_.rows()), means.transpose() * means,
            squares / static_cast<double>(changes) / 2};
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/base/lane_sums.hpp>
#include <moebius/base/require.hpp>
#include <moebius/diagnose/block_scales.hpp>
#include <numeric>

namespace moebius {

block_scales::block_scales(std::size_t experts) : experts_(experts) {
    require("block means").at_least("experts", experts, 2);
    sum_ = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(experts));
    last_ = sum_;
    scales_.reserve(lengths);
}

std::size_t block_scales::take(std::span<const double> shares) {
    const auto all = [this](Eigen::VectorXd& of) { return std::span(of.data(), experts_); };
    const double change = add_change(shares, all(last_), all(sum_));
    if (steps_ > 0) change_ += change;
    if (++steps_ % shortest != 0) return 0;
    const Eigen::VectorXd mean =
        sum_.array() / static_cast<double>(shortest) - 1 / static_cast<double>(experts_);
    const double noise = change_ / (2 * static_cast<double>(shortest));
    sum_.setZero();
    change_ = 0;
    return push(0, mean, noise);
}

namespace {

/// Takes the oldest block out of the products and the newest one in.
/// @param now   of the newest with those of a ring of blocks
/// @param late  place in the ring behind that of the newest
void push_products(const Eigen::Vector<double, block_window::blocks>& now, Eigen::Index late,
                   Eigen::Matrix<double, block_window::blocks, block_window::blocks>& to) {
    constexpr Eigen::Index n = block_window::blocks;
    // up and to the left by one; what the last row gets from the columns behind it is written next
    std::copy(to.data() + n + 1, to.data() + n * n, to.data());
    to.col(n - 1).head(n - late) = now.tail(n - late);
    to.col(n - 1).tail(late) = now.head(late);
    to.row(n - 1) = to.col(n - 1).transpose();
}

}  // namespace

/// A block joins those of its length, and every second one completes one that is twice as long.
std::size_t block_scales::push(std::size_t which, const Eigen::VectorXd& mean, double noise) {
    constexpr Eigen::Index n = block_window::blocks;
    if (which == scales_.size())
        scales_.push_back(
            {Eigen::MatrixXd::Zero(mean.size(), n),
             Eigen::RowVectorXd::Zero(n),
             {shortest << which, experts_, decltype(block_window::products)::Zero(), 0},
             0,
             mean,
             noise});
    auto& at = scales_[which];
    const auto place = static_cast<Eigen::Index>(at.count++ % n);
    at.means.col(place) = mean;
    at.noise[place] = noise;
    Eigen::Vector<double, n> products;
    products_with({at.means.data(), n * experts_}, {mean.data(), experts_}, {products.data(), n});
    push_products(products, (place + 1) % n, at.window.products);
    at.window.step_variance = at.noise.sum() / static_cast<double>(n);
    if (at.count % 2 == 1) {
        at.half = mean;
        at.half_noise = noise;
        return which + 1;
    }
    if (which + 1 == lengths) return which + 1;
    const Eigen::VectorXd longer = (at.half + mean) / 2;
    return push(which + 1, longer, (at.half_noise + noise) / 2);
}

const block_window* block_scales::window(std::size_t which) const {
    const bool full = which < scales_.size() && scales_[which].count >= block_window::blocks;
    return full ? &scales_[which].window : nullptr;
}

Eigen::VectorXd block_scales::recent() const {
    const double even = 1 / static_cast<double>(experts_);
    if (scales_.empty())
        return steps_ == 0 ? Eigen::VectorXd::Constant(sum_.size(), even)
                           : Eigen::VectorXd(sum_ / static_cast<double>(steps_));
    const auto& at = scales_[0];
    const double count = static_cast<double>(std::min<std::size_t>(at.count, block_window::blocks));
    return at.means.rowwise().sum().array() / count + even;  // places not yet filled hold 0
}

Eigen::VectorXd block_scales::block(std::size_t back, std::size_t which) const {
    const auto& at = scales_[which];
    return at.means.col(at.place(back)).array() + 1 / static_cast<double>(experts_);
}

Eigen::Index block_scales::scale::place(std::size_t back) const {
    return static_cast<Eigen::Index>((count - 1 - back) % block_window::blocks);
}

/// Of some experts together.
share_course block_scales::scale::course(std::span<const Eigen::Index> of) const {
    constexpr auto n = static_cast<std::size_t>(block_window::blocks);
    const double even = static_cast<double>(of.size()) / static_cast<double>(means.rows());
    share_course out = share_course::Constant(even);
    for (std::size_t back = 0; back < n; ++back)
        for (const auto expert : of)
            out[static_cast<Eigen::Index>(n - 1 - back)] += means(expert, place(back));
    return out;
}

double block_scales::leading_share(std::size_t which) const {
    return scales_[which].last_two().maxCoeff() / 2 + 1 / static_cast<double>(experts_);
}

share_course block_scales::leader(std::size_t which) const {
    Eigen::Index first = 0;
    scales_[which].last_two().maxCoeff(&first);
    return scales_[which].course({&first, 1});
}

share_course block_scales::least(std::size_t which, std::size_t count) const {
    const Eigen::VectorXd loads = scales_[which].last_two();
    std::vector<Eigen::Index> order(experts_);
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count - 1),
                     order.end(), [&](auto a, auto b) { return loads[a] < loads[b]; });
    return scales_[which].course({order.data(), count});
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <moebius/base/random.hpp>
#include <moebius/train/score_probe.hpp>

namespace moebius {
namespace {

constexpr std::uint64_t dither_part = 0x6469'7468;  // of a run's seed

using product_matrix = Eigen::Map<Eigen::MatrixXd>;

}  // namespace

void dither_of(double amplitude, std::uint64_t seed, std::uint64_t step, std::span<double> to) {
    const auto own = derived_seed(seed, dither_part);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const auto words =
            random_words(own, random_stream::coin, step, static_cast<std::uint32_t>(i / 128));
        to[i] = (words[i % 128 / 32] >> i % 32 & 1U) != 0 ? amplitude : -amplitude;
    }
}

void add_products(std::span<const double> logits, std::span<const double> scores, double beta,
                  std::span<double> to) {
    const auto experts = static_cast<Eigen::Index>(scores.size());
    const auto tokens = static_cast<Eigen::Index>(logits.size()) / experts;
    // a column a token
    Eigen::MatrixXd p = Eigen::Map<const Eigen::MatrixXd>(logits.data(), experts, tokens);
    p.colwise() += Eigen::Map<const Eigen::VectorXd>(scores.data(), experts);
    p.rowwise() -= p.colwise().maxCoeff().eval();
    p = (beta * p).array().exp();
    p.array().rowwise() /= p.colwise().sum().array().eval();
    product_matrix(to.data(), experts, experts).noalias() += p * p.transpose();
}

}  // namespace moebius

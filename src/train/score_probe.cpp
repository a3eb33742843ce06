// SPDX-License-Identifier: MIT
#include "score_probe.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <moebius/base/random.hpp>

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

score_prober::score_prober(const score_probe& asked, const training_run& run)
    : asked_(asked), run_(run), dither_(asked.dither > 0 ? run.model->scores() : 0) {
    if (asked.moments) products_.resize(run.model->experts() * run.model->experts());
}

std::span<const double> score_prober::scores(const training_state& state) {
    if (dither_.empty()) return state.scores;
    dither_of(asked_.dither, run_.seed, state.step, dither_);
    std::transform(dither_.begin(), dither_.end(), state.scores.begin(), dither_.begin(),
                   std::plus<>{});
    return dither_;
}

void score_prober::take(const training_state& state, std::span<const double> routed_by,
                        std::span<const double> inputs) {
    if (products_.empty()) return;
    add_products(run_.model->logits(state.parameters, routed_by, inputs), routed_by,
                 run_.model->routing()->rule()->beta, products_);
}

void score_prober::end_record(training_state& to) {
    to.products.insert(to.products.end(), products_.begin(), products_.end());
    std::fill(products_.begin(), products_.end(), 0.0);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/expert_subset.hpp>
#include <moebius/train/subset_accuracy.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr std::size_t draws = 10;       ///< of random subsets, as in the paper's code
constexpr std::size_t most_to_try = 8;  ///< experts of which all subsets are tried

/// One input: does a subset of its experts tell its label?
class input_parts {
public:
    input_parts(const expert_parts& parts, std::size_t experts, std::size_t input,
                std::uint32_t label)
        : added_(
              std::span(parts.added)
                  .subspan(input * experts * parts.biases.size(), experts * parts.biases.size())),
          biases_(parts.biases),
          label_(label),
          outputs_(parts.biases.size()) {}

    [[nodiscard]] bool right(std::span<const std::size_t> subset) {
        std::copy(biases_.begin(), biases_.end(), outputs_.begin());
        for (const std::size_t e : subset)
            for (std::size_t c = 0; c < outputs_.size(); ++c)
                outputs_[c] += added_[e * outputs_.size() + c];
        return std::max_element(outputs_.begin(), outputs_.end()) - outputs_.begin() == label_;
    }

private:
    std::span<const double> added_, biases_;
    std::uint32_t label_;
    std::vector<double> outputs_;
};

}  // namespace

subset_accuracy subset_accuracies(const soft_moe_network& model, std::span<const double> parameters,
                                  std::span<const double> scores, const example_batch& batch,
                                  std::size_t k, std::uint64_t seed) {
    const std::size_t experts = model.experts();
    if (k < 1 || k > experts)
        throw invalid_argument("subset_accuracies", fmt::format("k is {}", k),
                               fmt::format("it must be in [1, {}], the experts", experts));
    const auto parts = model.parts(parameters, scores, batch);
    std::vector<std::size_t> all(experts);
    std::iota(all.begin(), all.end(), std::size_t{0});
    subset_accuracy sum{.best = 0};
    std::vector<double> away(experts);  // minus the mass
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        input_parts input(parts, experts, i, batch.labels[i]);
        const auto mass = std::span(parts.mass).subspan(i * experts, experts);
        std::transform(mass.begin(), mass.end(), away.begin(), std::negate<>{});
        sum.full += input.right(all);
        sum.top += input.right(top_subset(mass, k));
        sum.bottom += input.right(top_subset(away, k));
        for (std::size_t draw = 0; draw < draws; ++draw)
            sum.random += input.right(random_subset(experts, k, derived_seed(seed, draw), i));
        if (experts <= most_to_try)
            sum.best += best_subset(experts, k, [&](std::span<const std::size_t> subset) {
                            return input.right(subset) ? 1.0 : 0.0;
                        }).score;
    }
    const auto inputs = static_cast<double>(batch.labels.size());
    subset_accuracy result{.full = sum.full / inputs,
                           .top = sum.top / inputs,
                           .random = sum.random / (inputs * static_cast<double>(draws)),
                           .bottom = sum.bottom / inputs};
    if (experts <= most_to_try) result.best = sum.best / inputs;
    return result;
}

}  // namespace moebius

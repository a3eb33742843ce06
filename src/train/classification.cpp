// SPDX-License-Identifier: MIT
#include "classification.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>

namespace moebius {

scored_outputs score(training_loss loss, const row_matrix& outputs,
                     std::span<const std::uint32_t> labels) {
    scored_outputs result;
    result.by_output = outputs;
    const Eigen::Index rows = outputs.rows();
    const double share = 1 / static_cast<double>(rows);
    for (Eigen::Index t = 0; t < rows; ++t) {
        auto by = result.by_output.row(t);
        const auto label = static_cast<Eigen::Index>(labels[static_cast<std::size_t>(t)]);
        Eigen::Index first = 0;
        const double top = by.maxCoeff(&first);
        if (first == label) result.right += share;
        if (loss == training_loss::cross_entropy) {
            const double picked = by(label);
            by = (by.array() - top).exp();
            const double sum = by.sum();
            result.loss += share * (std::log(sum) + top - picked);
            by *= share / sum;
            by(label) -= share;
        } else {
            by(label) -= 1;
            result.loss += share * by.squaredNorm();
            by *= 2 * share;
        }
    }
    return result;
}

std::vector<double> initial_normals(std::uint64_t seed, std::size_t n) {
    std::vector<double> normals(n);
    for (std::size_t i = 0; i < n; i += 2) {
        const auto w =
            random_words(seed, random_stream::weight, 0, static_cast<std::uint32_t>(i / 2));
        const auto [a, b] = normal_pair(uniform(w[0], w[1]), uniform(w[2], w[3]));
        normals[i] = a;
        if (i + 1 < n) normals[i + 1] = b;
    }
    return normals;
}

void check_batch(std::string_view who, const network& model, std::span<const double> parameters,
                 std::span<const double> scores, const example_batch& batch) {
    if (parameters.size() != model.parameters())
        throw invalid_argument(who, fmt::format("{} parameters came", parameters.size()),
                               fmt::format("it has {}", model.parameters()));
    if (scores.size() != model.scores())
        throw invalid_argument(who, fmt::format("{} scores came", scores.size()),
                               fmt::format("it has {}", model.scores()));
    if (batch.labels.empty() || batch.inputs.size() != batch.labels.size() * model.width())
        throw invalid_argument(who,
                               fmt::format("{} features came for {} examples", batch.inputs.size(),
                                           batch.labels.size()),
                               fmt::format("each of at least one example has {}", model.width()));
    for (const auto label : batch.labels)
        if (label >= model.classes())
            throw invalid_argument(who, fmt::format("class {} came", label),
                                   fmt::format("it must be below {}", model.classes()));
}

}  // namespace moebius

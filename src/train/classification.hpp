// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <moebius/train/moe_network.hpp>
#include <span>

#include "perceptron.hpp"

namespace moebius {

struct scored_outputs {
    double loss = 0;       ///< mean over the examples; NaN if an output is
    double right = 0;      ///< share whose class has the largest output, the lowest on ties
    row_matrix by_output;  ///< dloss/doutput (B, C)
};

/// @param outputs  (B, C)
/// @param labels   (B), < C
[[nodiscard]] scored_outputs score(training_loss loss, const row_matrix& outputs,
                                   std::span<const std::uint32_t> labels);

/// Random normals for parameters, each a float: n of the stream `weight`.
[[nodiscard]] std::vector<double> initial_normals(std::uint64_t seed, std::size_t n);

/// @throws invalid_argument  naming `who`, unless the sizes of a batch fit a network
void check_batch(std::string_view who, const network& model, std::span<const double> parameters,
                 std::span<const double> scores, const example_batch& batch);

}  // namespace moebius

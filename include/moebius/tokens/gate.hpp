// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/tokens/token_file.hpp>
#include <string>
#include <vector>

namespace moebius {

/// How a table of tokens becomes logits.
struct gate_options {
    /// One of
    /// - `class-means:A,B`: w = difference of the mean features of classes A and B, of length 1;
    /// - `class-means:A,B,C,...`: an expert for each of three or more classes, whose weights are
    /// its
    ///   mean less the mean of all these means, divided by the rms distance of two of them;
    /// - `random:SEED`: w Gaussian, of length 1;
    /// - `random:SEED/EXPERTS`: for three or more, Gaussian vectors in place of these means;
    /// - the path of an NPY file: a vector w (features), or a matrix (features, experts) or
    ///   (experts, features), which gate_file.hpp tells apart;
    /// - `logits`: the columns of the table are the logits themselves, an expert each.
    ///
    /// A vector w gives two experts the logits (a/2, -a/2), a = w . features; a matrix W gives
    /// features . W. For all but a file the features are divided by the largest absolute feature
    /// of the table, so that a is in the unit of that feature; a file's gate gets them unchanged.
    std::string gate = "class-means:0,1";
    /// The last column is the token's class and no feature; so it is, too, for class-means and
    /// where classes are kept.
    bool labels = false;
    std::vector<double> classes = {};  ///< keep tokens of these classes only; empty: all
    /// Adaptive clustering's variant: language, swin or soft-moe; empty: none. The gate's own
    /// largest logit stands for the expert of the layer before, and all kept tokens are one batch.
    /// Features are divided as above.
    /// @source include/moebius/router/adaptive_clustering.hpp
    std::string clustering = {};
};

/// What a gate makes of tokens.
struct gated_tokens {
    std::size_t experts = 2;
    std::vector<double> logits;  ///< (tokens, experts), row-major
};

/// Applies a gate. Class means and the largest feature come from the whole table, before
/// `classes` leaves tokens out. Memory: the table's own, if a row has no fewer numbers than there
/// are experts.
///
/// @throws invalid_argument  if the gate's text cannot be read, a class is not in the table (the
///                           classes are listed), w is 0, or
///                           the file's shape does not fit
/// @throws io_error          if the gate's file cannot be read
[[nodiscard]] gated_tokens apply_gate(token_table tokens, const gate_options& options);

}  // namespace moebius

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/tokens/token_file.hpp>
#include <span>
#include <vector>

namespace moebius {

/// Examples, each with a class.
struct labelled_data {
    std::size_t width = 0;              ///< d, features of an example
    std::size_t classes = 0;            ///< C
    std::vector<double> inputs;         ///< (n, d), row-major
    std::vector<std::uint32_t> labels;  ///< (n), < C
    /// (n): which part of a known structure made the example; empty where none is known.
    std::vector<std::uint32_t> groups = {};

    [[nodiscard]] std::size_t rows() const noexcept { return labels.size(); }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return std::span(inputs).subspan(i * width, width);
    }
};

/// A table whose last column is the class: whole numbers, numbered by rising value. Features are
/// divided by the largest absolute one (digits: by 16), or kept if all are 0.
/// @throws invalid_argument  for no features or a class that is no whole number
[[nodiscard]] labelled_data labelled(token_table table);

/// Clusters in the unit of their own spread, a class and an expert's worth of structure each.
struct cluster_options {
    std::size_t clusters = 4;  ///< K, the groups; also the classes
    std::size_t width = 16;    ///< d
    std::size_t rows = 2048;
    double distance = 3;  ///< of two means, in units of `spread`; > 0
    double spread = 1;    ///< standard deviation along most features, > 0
    /// Each cluster is tight along as many features of its own: there its standard deviation is
    /// `tightness` times the spread. 0 to d.
    std::size_t tight_features = 0;
    double tightness = 0.2;  ///< in (0, 1]
    std::uint64_t seed = 1;
};

/// A mixture of Gaussians: means random of equal length, features independent.
/// @throws invalid_argument  for an option out of range
[[nodiscard]] labelled_data gaussian_mixture(const cluster_options& options);

/// Examples whose class a known mixture of experts decides.
struct teacher_options {
    std::size_t experts = 4;  ///< groups
    std::size_t width = 16;   ///< d
    std::size_t hidden = 16;  ///< of each teacher
    std::size_t classes = 4;  ///< C
    std::size_t rows = 4096;
    std::uint64_t seed = 1;
};

/// Standard normal features; the group of an example is the largest of `experts` random
/// projections, and its class the largest output of that group's random network, tanh between its
/// two layers.
/// @throws invalid_argument  for an option out of range
[[nodiscard]] labelled_data teacher_network(const teacher_options& options);

/// Which rows are trained on and which are held out.
struct data_split {
    std::vector<std::uint32_t> train, test;  ///< rows, in random order
};

/// A random split with the same share of every class held out (rounded to whole examples).
/// @param test_share  in [0, 1)
/// @throws invalid_argument  for a share out of range or one that leaves nothing to train on
[[nodiscard]] data_split stratified_split(const labelled_data& data, double test_share,
                                          std::uint64_t seed);

/// What is done to inputs that are square images, at test time.
struct corruption {
    double noise = 0;           ///< standard deviation of normal noise on every feature, >= 0
    std::size_t occlusion = 0;  ///< side of a square at a random place that is set to 0, in pixels
    int shift = 0;              ///< pixels to the right and down; what leaves comes in as 0
};

/// @throws invalid_argument  for a noise out of range; occlusion or shift where the width is no
///                           square or smaller than they are
[[nodiscard]] labelled_data corrupt(const labelled_data& data, const corruption& how,
                                    std::uint64_t seed);

}  // namespace moebius

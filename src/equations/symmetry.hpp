// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "text_model.hpp"

namespace moebius::detail {

/// Where the states and parameters of N interchangeable cells stand in a text.
struct cell_layout {
    std::size_t cells = 0;            ///< N
    std::vector<std::size_t> states;  ///< (k N): of state c of cell e at c N + e
    std::vector<std::size_t> shared;  ///< parameters of all cells
    std::vector<std::size_t> owned;   ///< (j N): of parameter i of cell e at i N + e
};

/// The cells of a text whose states are arrays of one length, if its equations stay the same
/// whichever way the cells are numbered.
///
/// A parameter that is an array of that length is each cell's own. That the equations are the same
/// is found by computing both with residues modulo 2^31 - 1 in place of numbers, at random places:
/// sums, products and quotients that are equal identically are equal there, in whatever order they
/// were written; a function of equal arguments is an equal random number. Different ones agree by a
/// chance of some 2^-60, twice of order 2^-31 times the degree.
/// @return nothing if there are none, or if they start in different states
/// @source J. T. Schwartz, Fast probabilistic algorithms for verification of polynomial identities,
///         J. ACM 27 (1980) 701
[[nodiscard]] std::optional<cell_layout> cells_of(const text_model& model);

}  // namespace moebius::detail

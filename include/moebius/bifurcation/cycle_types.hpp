// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <string_view>
#include <vector>

namespace moebius {

/// A kind of cycles that leaves a Hopf point.
struct cycle_type {
    problem on;               ///< on the groups of cells that its cycles have
    special_point start;      ///< the Hopf point there, with the rotation of its cycles
    double copies = 1;        ///< branches that differ from its one by the names of cells only
    std::size_t turning = 1;  ///< groups that go through the same motion in turn
    std::size_t size = 0;     ///< cells of each, or those apart; 0 of a simple point
};

/// The kinds of cycles that are sure to leave a Hopf point: those of the isotropy groups in
/// S_n x S^1 that fix one pair of the critical space alone. Of n alike cells that part there,
///
///     q of them go one way and the others another one, 2 q < n, and
///     k groups of q, k >= 2, go through the same motion in turn, each T/k after the one before,
///     while the other n - k q cells stay together and go k times as fast: a rotating wave.
///
/// One cell apart comes first, then by rising number of groups. A simple point has one kind.
/// @throws invalid_argument as simple_at
/// @source Stewart, J. Nonlinear Sci. 6 (1996) 543; Dias & Rodrigues, Nonlinearity 22 (2009) 627;
///         Golubitsky, Stewart & Schaeffer, Singularities and Groups II, chapter XVI
[[nodiscard]] std::vector<cycle_type> cycle_types(const problem& base, const special_point& hopf);

/// Which of them are wanted.
struct cycle_choice {
    enum { main, all, one } of = main;  ///< main: one cell apart, and all in turn
    std::size_t turning = 1, size = 1;  ///< groups in turn, and cells of each, of the one

    static constexpr std::size_t most_in_turn = 16;  ///< cells that `main` takes in turn
};
/// "main" (or nothing), "all", or "4x2" for four groups of two in turn, "1x3" for three apart.
/// @throws invalid_argument for another text
[[nodiscard]] cycle_choice cycle_choice_from(std::string_view text);

/// Follows the cycles of these kinds from a Hopf point, as add_cycle_branch each, up to
/// options.max_branches; the search counts those left.
/// @throws as add_cycle_branch and cycle_types, and invalid_argument if the point has no such kind
void add_hopf_cycles(diagram& to, const problem& base, const parameter_range& range,
                     const special_point& hopf, const cycle_choice& wanted,
                     const continuation_options& options = {}, const watch& progress = {});

/// The critical vector of a Hopf point with a rotation P of order k, P q = exp(2 pi i/k) q, of
/// length 1: the rotating wave is x + 2 r Re(q exp(i omega t)).
/// @param at  its model; the parameters are those of the point
/// @throws invalid_argument if the point has no omega in its normal form or no rotation
[[nodiscard]] Eigen::VectorXcd rotating_vector(const problem& at, const special_point& hopf);

}  // namespace moebius

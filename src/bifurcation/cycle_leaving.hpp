// SPDX-License-Identifier: MIT
// Where a branch of cycles leaves another one: in which groups of cells, and by which rotation.
#pragma once

#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>

namespace moebius::detail {

/// What a branch starts with.
struct leaving_cycles {
    problem on;                              ///< on the groups of cells that its cycles have
    special_point start;                     ///< there, with the rotation by which its cycles go on
    std::optional<std::size_t> parted = {};  ///< the first one of two groups that were one before
};

/// Of the branch that leaves a BP or PD. Where it is a multiplier of perturbations within a group
/// of cells that is critical, its first cell goes its own way, and so does that of each group that
/// does the same in turn (but at a PD of an even number of parts, where one group parts alone): the
/// axial branch of S_m on which m - 1 cells still agree. Where one of an even number of parts has a
/// multiplier -1, the rotation is the square of the one before, as it is at a PD.
/// @param at     on the groups of the point, at its parameters
/// @param start  a BP or PD with its cycle
/// @source Golubitsky, Stewart & Schaeffer, Singularities and Groups II, theorem XIII.3.3
///         (equivariant branching lemma)
[[nodiscard]] leaving_cycles leaving_at(const problem& at, const parameter_range& range,
                                        const special_point& start);

/// Where the curve over two parameters through a BP, PD or NS is followed. Where it is a multiplier
/// of perturbations within a group of cells that is critical, the first of them goes its own way,
/// so that the perturbation is one of the cycle's own; its rotation is given up then. Where one of
/// an even number of parts has a multiplier -1 at a BP, the rotation is the square of the one
/// before.
/// @param at  on the groups of the point, at its parameters
[[nodiscard]] leaving_cycles parted_at(const problem& at, const parameter_range& range,
                                       const special_point& start);

}  // namespace moebius::detail

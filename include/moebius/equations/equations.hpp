// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <moebius/model/field.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// A model that came as a text.
struct equations {
    std::shared_ptr<const field> model;  ///< with field::initial: what init and x(0)= say
    /// Lines x(t+1) = F, or @ meth=discrete: the model is F(x) - x, so that the rule of step 1 on
    /// it is the map.
    bool is_map = false;
    std::optional<std::size_t> period;  ///< of its orbits that are asked for: @ njmp
    std::vector<std::string> ignored;   ///< what changes no right-hand side: "set (line 4)"
    /// Whether the last line has no end where something may have been cut off: its last number may
    /// be a part of one, and "d", which XPP takes for "done" as all that begins with d and defines
    /// nothing, of "dx/dt = ...". Remarks, blanks and what stands behind "done" say nothing.
    bool ends_early = false;
};

/// Reads a model in the language of XPPAUT's .ode files, docs/equations.md.
///
/// The equations are compiled once to a list of steps, which serves numbers, duals and jets alike:
/// derivatives are exact, where they exist. What has steps (heav, sign, flr, a comparison) has the
/// derivative 0, also where it steps; max, min, abs, mod and if that of the part that is chosen.
/// @param name  of the model, for results: a file's without its folder and ending
/// @param file  for the sentence of an error, which begins "file:line"
/// @throws invalid_argument  naming file, line and rule: for what is no equation, a name that is
///         unknown or has two meanings, and what is not supported (delays, tables, random numbers,
///         algebraic and integral equations, global flags, equations that change with time)
/// @source B. Ermentrout, Simulating, Analyzing, and Animating Dynamical Systems, appendix B;
///         XPPAUT's manual, xppodes.html
[[nodiscard]] equations read_equations(std::string_view text, std::string_view name,
                                       std::string_view file);

}  // namespace moebius

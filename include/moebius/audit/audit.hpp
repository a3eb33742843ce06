// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <moebius/base/watch.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/options.hpp>
#include <moebius/model/field.hpp>
#include <optional>
#include <string>
#include <vector>

namespace moebius {

/// What a diagram or a locus claims: that these curves and points are those of this problem.
struct claim {
    problem at;                           ///< each cell by itself, with the values of what is fixed
    std::vector<parameter_range> ranges;  ///< of what varies: one, or two for a locus
    std::optional<double> step;           ///< of the discrete rule, if it is about that
    bool whole = true;  ///< it claims every branch of the window, not only those through a start
    diagram data;
};

/// States of a model that is judged: its Jacobian is dense here, and its eigenvalues take n^3
/// operations, a second or two of them. Of a larger one nothing is judged, and the report says so.
inline constexpr std::size_t most_audited_states = 512;

/// How a claim is held against its model. All tolerances are without dimension.
struct audit_options {
    double residual = 1e-8;     ///< of f, against the size of f_x and of the state; > 0
    double eigenvalue = 1e-6;   ///< below it one counts as zero, against the size of f_x; > 0
    double coefficient = 1e-3;  ///< of a normal form, against the size of its terms; > 0
    double place = 1e-6;   ///< shares of the window and state scales within which two points are
                           ///< one; > 0
    std::size_t rows = 8;  ///< of each branch that are judged, besides those of special points
    std::size_t points = 1'000'000;  ///< special points that are judged, evenly over the file
    std::size_t values = 10;  ///< of each parameter at which stable states are searched; <= 1024
    std::size_t starts = 24;  ///< at each of them, besides those with few winners; <= 4096
    double patience = 3e3;    ///< time in which a start comes to rest, in units of 1 / |f_x|; > 0
    std::uint64_t seed = 1;   ///< of the random starts
};

/// What came of one kind of claim.
struct audit_count {
    std::string kind;  ///< "rows", "BP", "stable states", ...
    std::size_t judged = 0;
    std::size_t wrong = 0;  ///< of those that were judged
    std::size_t not_judged = 0;
};

struct audit_report {
    std::vector<audit_count> counts;      ///< in the order in which they were judged
    std::vector<std::string> faults;      ///< a sentence for each that is wrong
    std::vector<std::string> not_judged;  ///< what was not, how often, and why

    [[nodiscard]] std::size_t wrong() const noexcept { return faults.size(); }
};

/// Judges a claim by the model alone, with each cell by itself: nothing of what made it is used but
/// the right-hand side, its first derivatives and Newton's method.
///
/// - rows: f = 0, loads, and the eigenvalues of the whole Jacobian against the columns on stability
///   (of a locus: the eigenvalues that define it). The Jacobian is held against differences of f.
/// - residuals: f = 0 in all other rows.
/// - arms (of a diagram): as many ways leave each simple branch point as must.
/// - window (of a diagram of up to 32 states): Newton's method in states and parameter at once ends
///   on branches; where cells are alike, of stable states alone.
/// - special points: f = 0, the eigenvalues that define the type with their multiplicity, and the
///   normal form by differences of f.
/// - stability: no change from row to row without the point that explains it.
/// - doubles: two points of one type in one place, two branches in one place up to the names of
///   alike cells, a branch whose groups agree.
/// - stable states (of a diagram): the flow, or the discrete rule, goes on from starts with few
///   winners and random ones to states, each of which must lie on a branch; and each branch that is
///   stable there must attract.
/// - missing curves (of a locus): stable states found so at places over the window are followed
/// from
///   one to the next, and end only where a curve passes.
///
/// - points of cycles: the flow from each mesh point of the stored cycle ends at the
///   next; the multipliers of all cells, by the product of the maps between them, are those that
///   n_unstable and the type of the point say. Where the one of the flow is not 1, near homoclinic
///   orbits, multipliers are counted as not judged.
///
/// Other rows of cycles, normal forms of cycles and of R2 to R4, curves of unstable states that a
/// locus lacks, and rows of a locus between those that are judged (a tenth, or `rows` of them) are
/// counted as not judged, and so is all of a model of more than most_audited_states.
/// @throws invalid_argument  for an option that is out of range, or a range without a parameter
/// @throws interrupted       if the watch asks to stop
/// @source  Kuznetsov (3rd ed.), sections 5.4 and 10.2 (normal forms; differences)
/// @cost    the eigenvalues of each row that is judged: O(n^3) for n states
[[nodiscard]] audit_report audit(const claim& of, const audit_options& options = {},
                                 const watch& watched = {});

}  // namespace moebius

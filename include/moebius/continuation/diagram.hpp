// SPDX-License-Identifier: MIT
#pragma once

#include <complex>
#include <moebius/base/grouping.hpp>
#include <moebius/base/rotation.hpp>
#include <moebius/base/table.hpp>
#include <moebius/continuation/plane_regions.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moebius {

/// What stands at a special point, by AUTO's letters.
enum class point_type {
    EP,    ///< end of a branch
    BP,    ///< branch point
    LP,    ///< fold (limit point)
    HB,    ///< Hopf bifurcation
    PD,    ///< period doubling, of a map's fixed point or of a cycle
    NS,    ///< Neimark-Sacker (torus), of a map's fixed point or of a cycle
    LPC,   ///< fold of cycles
    CP,    ///< cusp
    BT,    ///< Bogdanov-Takens
    GH,    ///< generalized Hopf (Bautin)
    ZH,    ///< zero-Hopf (fold-Hopf)
    HH,    ///< double Hopf: two pairs of different frequencies
    R1,    ///< strong resonances of cycles or maps: a pair of multipliers comes together at 1,
    R2,    ///< at -1,
    R3,    ///< or passes exp(2 pi i/3)
    R4,    ///< or i
    LPPD,  ///< multipliers 1 (besides that of a cycle's flow) and -1
    LPNS,  ///< 1 and a pair on the unit circle
    PDNS,  ///< -1 and a pair there
    NSNS,  ///< two pairs there
    GPD,   ///< generalized period doubling: its cubic coefficient is zero
    CH,    ///< Chenciner: the cubic coefficient of an NS is zero
    NSS,   ///< of homoclinic orbits: a neutral saddle, its leading eigenvalues' real parts opposite
    NSF,   ///< the same of a saddle-focus,
    NFF,   ///< or of a focus both ways
    DRS,   ///< the leading stable eigenvalue is double, between a pair and two real ones
    DRU,   ///< the leading unstable one is
    NCH,   ///< non-central saddle-node: the leading eigenvalue on one side is zero
    SH,    ///< Shilnikov-Hopf: a leading pair is imaginary
    OFS,   ///< orbit flip: it comes back along no leading stable direction
    OFU,   ///< it leaves along no leading unstable direction
    IFS,   ///< inclination flip: the stable manifold comes back along the orbit to no leading
           ///< stable direction
    IFU,   ///< the same of the unstable one
};
[[nodiscard]] std::string_view to_string(point_type type) noexcept;
/// @throws invalid_argument for unknown letters
[[nodiscard]] point_type point_type_from_name(std::string_view name);
/// The label of the n-th point of a type: "LP2"; behind a digit "R4_2".
[[nodiscard]] std::string label_of(point_type type, std::size_t number);

/// Why a branch ends where it ends.
enum class stop_reason {
    range_end,            ///< a varied parameter reached an end of its range
    branch_point,         ///< the branch was started here, from a branch point
    max_points,           ///< as many points as were allowed
    closed,               ///< the branch came back to its first point
    step_too_small,       ///< the corrector failed down to the smallest step
    left_box,             ///< the state left the box that was given
    not_finite,           ///< the model gave NaN or infinity
    singular,             ///< more than one direction to go on, and no branch point to explain it
    stop_event,           ///< the function that was given to stop at passed zero
    stopped,              ///< the caller's watch asked for it
    long_period,          ///< the period of a cycle grew beyond what was allowed
    homoclinic,           ///< it grows without bound while the parameter and the orbit stand still
    unresolved,           ///< multipliers are not: the trivial one is not 1, or modes are too fast
    period_doubling,      ///< cycles come from those of half the period, which double there
    homoclinic_to_cycle,  ///< it grows by the same time between the same two folds, over and over
};
[[nodiscard]] std::string_view to_string(stop_reason reason) noexcept;
/// @throws invalid_argument for an unknown name
[[nodiscard]] stop_reason stop_reason_from_name(std::string_view name);

/// A periodic solution, as the values at the base points of a collocation mesh.
struct orbit {
    double period = 0;
    std::size_t degree = 0;      ///< of the collocation polynomial on each interval
    std::vector<double> times;   ///< in [0, 1], rising, in units of the period; a multiple of
                                 ///< `degree` plus one of them
    std::vector<double> states;  ///< one column for each time. Shape (n, times), column-major
};

/// What an interval Newton step says of a special point (bifurcation/certify.hpp).
struct certificate {
    double radius = 0;    ///< how far the true point can be from the one given
    std::string refusal;  ///< why nothing is proven; empty if something is
};

/// A point of a branch at which something happens.
struct special_point {
    std::string label;  ///< "LP1"; unique in its diagram, usable to start again
    point_type type = point_type::EP;
    int branch = 0;                            ///< id of the branch on which it was found
    std::size_t row = 0;                       ///< its row in that branch's columns
    std::vector<std::string> parameter_names;  ///< set when the branch is finished
    std::vector<double> parameters;            ///< all of the model's, in the model's order
    std::vector<double> state;
    int multiplicity = 1;  ///< eigenvalues through zero (BP, LP), pairs (HB), eigenvectors (BT)
    std::vector<std::complex<double>> eigenvalues;            ///< of the Jacobian
    std::vector<std::pair<std::string, double>> normal_form;  ///< by name; see leave_units
    std::string criticality;     ///< supercritical, subcritical, transcritical or empty
    double residual = 0;         ///< max norm of the defining system
    std::optional<orbit> cycle;  ///< on a branch of cycles; `eigenvalues` are its multipliers then
    grouping groups;  ///< of interchangeable cells, if the state stands for groups of them
    rotation turn;    ///< of these groups, by which the cycle goes on, or starts from a Hopf point
    std::optional<certificate> proof;  ///< if one was asked for
};

/// A curve of equilibria, of cycles, or of special points as two parameters vary.
struct branch {
    int id = 0;
    std::string kind;  ///< equilibrium, cycle, or what varies with two parameters: fold, hopf, ...
    std::string from;  ///< label of the special point from which it was started; may be empty
    stop_reason first = stop_reason::range_end;  ///< why there is nothing before the first row
    stop_reason last = stop_reason::range_end;   ///< why there is nothing after the last row
    grouping groups;    ///< cells that agree along the branch; empty if the model has no cells
    rotation turn;      ///< of the groups, by which its cycles go on
    double copies = 1;  ///< branches that differ from this one by the names of cells only
    /// Varied parameters, states, load_1 ..., stable (0 or 1), n_unstable, step.
    table columns;
};

/// Whether a branch is one of cycles, over one parameter or two; by its kind.
[[nodiscard]] bool is_of_cycles(std::string_view kind) noexcept;

/// How equilibria were searched from scratch; of a locus, along all lines across its window. A
/// search proves nothing: where none of the starts leads, a branch may be missing.
struct search_record {
    std::size_t starts = 0;        ///< from which states were searched, at all parameter values
    std::size_t states = 0;        ///< different ones that were found
    bool may_miss = false;         ///< more starts were known than were tried
    std::size_t not_followed = 0;  ///< branch points left when there were max_branches
    std::size_t too_deep = 0;      ///< branch points left because `depth` stood before them
    std::size_t not_tried = 0;     ///< flows from one winner and from two left, for `scan_starts`
    std::size_t no_rest = 0;       ///< starts from which the flow did not settle in its steps
    std::size_t no_root = 0;       ///< starts from which Newton's method converged to nothing
    std::size_t lost = 0;          ///< states and ways out of branch points that led to no branch
    std::size_t not_located = 0;   ///< changes of stability where the point's own system failed
    std::size_t cut_short = 0;     ///< searches without some kind of starts, as states are too many
    std::size_t not_finite = 0;  ///< scans of one state that passed values at which f is no number

    search_record& operator+=(const search_record& other);
};

/// One of the counts of what a search left out, and the words that tell it: "<count> <what> <how>".
struct search_gap {
    std::string_view name;  ///< in files
    std::size_t search_record::*count;
    std::string_view what, how;
};
/// All of them. A file need not have those behind the first.
[[nodiscard]] std::span<const search_gap> search_gaps() noexcept;

/// How many stable equilibria there are at some places of the window of two parameters.
struct stable_counts {
    struct place {
        plane_point at;
        double states = 0;  ///< those that differ by the names of cells counted one by one
    };
    plane_window window = {};
    std::vector<place> places = {};
    std::size_t uncounted = 0;  ///< parts of the window without a place
    double left_out = 0;        ///< their share of its area
    std::size_t no_rest = 0;    ///< starts at the places whose flow did not settle in its steps
};

/// All branches found, and what stands on them.
struct diagram {
    std::vector<branch> branches;
    std::vector<special_point> special_points;
    search_record search = {};
    stable_counts stable = {};  ///< of a locus in a window; else empty

    /// @throws invalid_argument for an unknown label, offering the nearest
    [[nodiscard]] const special_point& at(std::string_view label) const;
};

}  // namespace moebius

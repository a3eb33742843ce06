// SPDX-License-Identifier: MIT
// The equilibria of one grouping of cells: one fixed-point space of a diagram.
#pragma once

#include <complex>
#include <deque>
#include <moebius/base/watch.hpp>
#include <moebius/bifurcation/branch_point.hpp>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/equilibrium_curve.hpp>
#include <moebius/continuation/walk.hpp>
#include <optional>
#include <string>
#include <vector>

#include "class_of_groups.hpp"
#include "jacobian_blocks.hpp"
#include "known_points.hpp"
#include "multiple_point.hpp"

namespace moebius {

/// A branch point at which a group of cells may split, so that branches with finer groups leave it.
struct splitting {
    std::string label;
    std::size_t group = 0;
    std::size_t depth = 0;           ///< of the branch on which it was met
    std::vector<double> state;       ///< in the groups of the subspace
    std::vector<double> parameters;  ///< all of them, in the groups of the subspace
    bool flat = false;               ///< no quadratic term: three groups may part at once
};

/// How groups that agree at a branch point part along a branch that leaves it.
struct parting {
    std::string label;  ///< of the branch point
    std::size_t depth = 0;
    std::vector<double> state;  ///< in the groups that part
    double parameter = 0;
    std::vector<std::size_t> groups;  ///< that part
    std::vector<double> along;        ///< their rates, if they are three
    std::vector<double> kernel;       ///< of a cell's states, each rate times which
    bool one_way = false;             ///< the other way is a copy of it
};

/// Follows every branch it is told of, and what branches off within the same groups of cells.
class fixed_space final : private walk_kind {
public:
    /// All arguments must outlive it but the problems, whose model is the one on these groups.
    /// @param first   on the groups within which cells are alike
    /// @param copies  how many subspaces differ from this one by the names of cells only
    fixed_space(const problem& first, const problem& base, const parameter_range& range,
                const continuation_options& options, double copies, diagram& result,
                const watch& progress);

    /// From every equilibrium at one value of the parameter that no known branch explains.
    void search(double value);

    /// From equilibria at any value of the parameter, to which Newton's method in states and
    /// parameter at once goes from starts that fill the window, known branches out of the way.
    /// @param start  the number of the start, from 1 on
    void search_window(std::size_t start);

    /// From an equilibrium, unless a known branch explains it or it belongs to coarser groups.
    void consider(std::span<const double> x, double value);

    /// Equilibria without a branch, as the point where an isola vanishes, once all branches are
    /// known: one of these may end in such a point.
    void record_lone();

    /// The branch through a known point, both ways.
    void through(const special_point& start);

    /// The branches that leave a splitting of coarser groups into these.
    void leave(const parting& from);

    /// What was met since the last call, labelled.
    [[nodiscard]] std::vector<splitting> take_splittings();

    /// Where branches came to coarser groups since the last call.
    struct joint {
        grouped_state at;
        double parameter;
    };
    [[nodiscard]] std::vector<joint> take_joints();

    [[nodiscard]] const problem& base() const noexcept { return curve_.base(); }

private:
    struct arm {
        std::string label;
        Eigen::VectorXd u, tangent;
        std::size_t depth;
        std::optional<special_point> standing;  ///< where it starts, if no branch has it yet
    };
    struct met_splitting {
        Eigen::VectorXd u;
        splitting what;
    };
    /// A point and how many eigenvalues are unstable there, among the groups: at a special point
    /// those that cross may count or not.
    struct counted {
        curve_point at;
        std::size_t least = 0, most = 0;
        std::vector<std::complex<double>> values = {};  ///< all of them, at an ordinary point
        [[nodiscard]] std::size_t from(const counted& other) const;
    };
    enum class watched { join, crossing, turn, oscillation, split, oscillation_within };
    struct watched_test {
        watched kind;
        std::size_t group;  // or pair
    };

    // fixed_space.cpp and fixed_space_start.cpp: from where to where
    bool follow_from(const Eigen::VectorXd& u, int sign, const std::string& from,
                     bool labelled = false);
    bool follow_from_singular(const Eigen::VectorXd& u, const std::string& from);
    void follow_both(tracer& ahead, int sign, const std::string& from);
    [[nodiscard]] bool stand_on(tracer& ahead, const Eigen::VectorXd& u, int sign);
    [[nodiscard]] bool has_known_points(recorder& rows) const;
    void record_lone(const Eigen::VectorXd& u);
    void follow_arms();
    [[nodiscard]] bool leads_nowhere(stop_reason end) const;
    [[nodiscard]] bool is_coarser(const Eigen::VectorXd& u, double within) const;
    [[nodiscard]] double apart(const Eigen::VectorXd& u, const group_pair& pair) const;
    void lose(const parting& from);
    void equalise(Eigen::VectorXd& u, const std::vector<std::size_t>& groups) const;
    branch begin_branch(const std::string& from) const;
    recorder new_recorder() const;
    void finish(recorder& rows, branch& made, stop_reason end);
    void name_what_was_met();
    void record_end(recorder& rows, double arc, const Eigen::VectorXd& u);
    void evaluate(const Eigen::VectorXd& u);
    std::array<double, 3> extras_at(const Eigen::VectorXd& u);
    std::array<double, 3> extras_of_last_evaluation();

    // fixed_space_window.cpp: over the whole window
    struct box {
        Eigen::VectorXd low, high;  ///< scaled, shapes (n + 1)
    };
    [[nodiscard]] box box_of(std::size_t start) const;
    std::optional<Eigen::VectorXd> won_start(std::size_t start);
    [[nodiscard]] bool is_inside(const Eigen::VectorXd& u) const;
    void look_at(const Eigen::VectorXd& u);

    // fixed_space_walk.cpp: along one branch
    stop_reason go(tracer& trace, recorder& rows);
    [[nodiscard]] window inside() const override { return {n_, 1}; }
    [[nodiscard]] test_function test_of(watched kind, std::size_t group);
    [[nodiscard]] std::vector<test_function> tests() override;
    void row(const walk& along, const curve_point& at, std::vector<double>& to) override;
    std::optional<stop_reason> meet(walk& along, const bracket& seen) override;
    bool end(walk& along, double arc, const curve_point& at) override;
    std::optional<stop_reason> overruns(walk& along) override;
    [[nodiscard]] bool crosses(walk& along) override;
    [[nodiscard]] bool strays(walk& along) override;
    std::optional<stop_reason> kept(walk& along, bool goes_on) override;
    std::optional<crossing> find_crossing(const curve_point& a, const curve_point& b, walk& along);
    std::optional<crossing> seek_crossing(const curve_point& a, const curve_point& b, walk& along);
    double dip_of(const curve_point& at);
    bool runs_into_joint(walk& along);
    std::vector<joint_crossing> find_joint(const curve_point& a, const curve_point& b);
    Eigen::MatrixXd within(const curve_point& at, std::size_t group);

    // fixed_space_points.cpp: what stands on it
    std::optional<stop_reason> handle_join(walk& along, const bracket& seen,
                                           const group_pair& pair);
    void join(const Eigen::VectorXd& u, const group_pair& pair, int side, double arc,
              recorder& rows);
    struct edge_joint {
        Eigen::VectorXd u;
        group_pair pair;
    };
    [[nodiscard]] std::optional<edge_joint> joint_on_edge(const Eigen::VectorXd& u);
    void split_at_end(const Eigen::VectorXd& u, double arc, recorder& rows);
    void cross_at_end(const curve_point& at, double arc, recorder& rows);
    void add_splitting(const Eigen::VectorXd& u, std::size_t group, double arc, recorder& rows);
    [[nodiscard]] special_point* met_at(const Eigen::VectorXd& u, point_type type,
                                        recorder& rows) const;
    std::optional<stop_reason> handle_crossing(walk& along, const bracket& seen);
    void handle_turn(const bracket& seen, const curve_point& at, recorder& rows);
    [[nodiscard]] bool is_solved(const Eigen::VectorXd& u);
    [[nodiscard]] bool is_crossing(const Eigen::VectorXd& u, const curve_point& beside);
    [[nodiscard]] bool crosses_at(const Eigen::VectorXd& u);
    void handle_joint(const joint_crossing& found, walk& along);
    void handle_split(const bracket& seen, const curve_point& at, std::size_t group,
                      recorder& rows);
    void describe_splitting(special_point& point, std::size_t group) const;
    void note_crossing(recorder& rows, double arc, const crossing& found,
                       const Eigen::VectorXd& travel);
    special_point point_here(point_type type, const Eigen::VectorXd& u);

    // fixed_space_pairs.cpp: Hopf points on it
    void handle_oscillation(const bracket& seen, const curve_point& at, double omega,
                            std::optional<std::size_t> group, recorder& rows);
    void note_passed(const curve_point& at, const std::vector<std::complex<double>>& critical);
    void explain_step(walk& along);
    void find_lost_pairs(walk& along, const counted& a, const counted& b);
    void find_exchanged(walk& along, const counted& a, const counted& b, int halvings);
    [[nodiscard]] counted counted_here(const curve_point& at);
    void count_here(const curve_point& at, counted& to);
    /// No pair is lost then.
    [[nodiscard]] bool is_real() const { return curve_.terms().spectrum_is_real(); }
    void add_oscillation(const special_point& hopf, const Eigen::VectorXd& u,
                         std::optional<std::size_t> group, double arc, recorder& rows);

    problem first_;
    equilibrium_curve curve_;
    std::vector<group_pair> pairs_;
    parameter_range range_;
    const continuation_options& options_;
    double copies_;
    diagram& result_;
    const watch& watch_;
    Eigen::Index n_;
    Eigen::VectorXd f_;
    std::vector<double> x_, p_;
    std::vector<watched_test> watched_;
    known_points known_;
    struct {
        Eigen::VectorXd from, to;
        std::optional<crossing> found;
    } sought_;  // last, between neighbours
    std::deque<arm> arms_;
    std::vector<met_splitting> splittings_;  // not labelled yet
    std::vector<splitting> ready_;
    std::vector<joint> joints_;
    std::vector<Eigen::VectorXd> considered_;
    std::vector<Eigen::VectorXd> lone_;      // from which no branch could be followed
    std::vector<Eigen::VectorXd> way_;       // of the branch that is being followed
    std::size_t depth_ = 0;                  // of that branch
    bool end_was_known_ = false;             // by the last end
    bool end_joins_ = false;                 // coarser groups
    std::vector<Eigen::VectorXd> multiple_;  // where several eigenvalues vanish
    std::optional<counted> before_;          // the point before
    counted here_;                           // that of the last row
    std::vector<counted> passed_;            // what the last step met
    std::vector<std::pair<Eigen::VectorXd, double>> oscillations_;  // of the groups, on this branch
};

}  // namespace moebius

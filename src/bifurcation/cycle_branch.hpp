// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <moebius/continuation/cycle_curve.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cycle_walk.hpp"
#include "floquet.hpp"
#include "homoclinic_end.hpp"

namespace moebius::detail {

/// What a walk along cycles looks for, writes down and ends at; where it starts is for a derived
/// class.
class cycle_branch : protected cycle_walk<cycle_curve> {
protected:
    cycle_branch(diagram& to, const problem& base, const parameter_range& range,
                 const special_point& from, const orbit& start, const rotation& turn,
                 const continuation_options& options, const watch& progress);

    stop_reason go() {
        remember_told();
        const auto why = cycle_walk::go();
        write_held();
        // where rounding in multipliers of 1e50 leaves Newton's method nothing to find
        const bool near_one = why == stop_reason::step_too_small && homoclinic_.nears();
        return near_one ? stop_reason::homoclinic : why;
    }

    /// To the first cycle, to go the other way.
    void turn_back(const orbit& first);

    /// What a BP tells of the branch on which it was found: how its period, relative to the
    /// start's, and its scaled parameter change along the arc.
    static constexpr std::array<const char*, 2> tangent_names{"tangent_period",
                                                              "tangent_parameter"};
    [[nodiscard]] Eigen::Vector2d slopes_of(const Eigen::VectorXd& tangent) const {
        return {curve_.period(tangent) / first_period_, tangent[tangent.size() - 1]};
    }

    /// The row of the place that was last looked at.
    [[nodiscard]] std::vector<double> row_at(const Eigen::VectorXd& u);

    diagram& result_;
    parameter_range range_;
    orbit start_;
    branch made_;
    bool at_hopf_ = false;                            // before the first step from one
    std::optional<std::ptrdiff_t> unstable_at_hopf_;  // of the least cycles, if that is known
    bool doubled_ = false;  // its first cycle goes twice through another one

private:
    using test_value = std::function<double(const curve_point&)>;
    using floquet_test = double (floquet::*)() const;

    // positions in tests()
    static constexpr std::size_t crossing_test = 0, doubling_test = 2, torus_test = 3;
    static constexpr std::size_t unity_test = 4;    // of the folds that a multiplier tells
    static constexpr std::size_t tests_within = 5;  // from here on of multipliers within groups

    [[nodiscard]] std::vector<test_function> tests() override;
    [[nodiscard]] bool trusts(walk& along) override;
    std::optional<stop_reason> meet(walk& along, const bracket& found) override;
    std::optional<stop_reason> kept(walk& along, bool goes_on) override;
    std::optional<stop_reason> renewed(walk& along);
    std::optional<stop_reason> overruns(walk& along) override;
    bool end(walk& along, double arc, const curve_point& at) override;
    void row(const walk& along, const curve_point& at, std::vector<double>& to) override;

    [[nodiscard]] test_value of_multipliers(floquet_test value);
    [[nodiscard]] test_value within(floquet_test value);
    [[nodiscard]] std::vector<double> extremes_of_stop(const Eigen::VectorXd& u) const;
    [[nodiscard]] point_type doubling_type() const;
    [[nodiscard]] static bool by_regularity(const bracket& seen);
    [[nodiscard]] bool has_clear_sign(const bracket& seen);
    [[nodiscard]] bool may_be_rounding(const bracket& seen);
    [[nodiscard]] bool is_sign_of_rounding(const bracket& seen);
    [[nodiscard]] bool is_conserved(const bracket& seen);
    [[nodiscard]] bool goes_on(const bracket& seen) const;
    [[nodiscard]] bool folds(walk& along, const bracket& seen);
    [[nodiscard]] bool touches(const Eigen::VectorXd& fold) const;
    void write_held();
    bool write_down(tracer& on, const bracket& seen, const test_value& value);
    bool written(const bracket& seen, const std::optional<curve_point>& at,
                 const test_value& value);
    void add_form(special_point& point, const Eigen::VectorXd& u) const;
    [[nodiscard]] bool is_steep(const bracket& seen);
    [[nodiscard]] double unplaced(const bracket& seen);
    bool add_point(point_type type, const curve_point& at, double arc, double missed,
                   double off = 0);
    bool add_point_within(point_type type, const curve_point& at, double arc, double missed);
    bool resolve(walk& along);
    /// What the last row tells of multipliers, against which steps are judged.
    void remember_told() {
        const floquet& now = facts_at(trace_.current()).multipliers;
        told_ = now.are_told();
        last_told_ = now.resolved() ? std::optional(now) : std::nullopt;
    }
    [[nodiscard]] bool passes_unseen(const floquet& now) const;
    [[nodiscard]] bool passes_from_hopf(const floquet& now) const;
    [[nodiscard]] double last_step() const;
    [[nodiscard]] double way_to_half() const;
    std::optional<stop_reason> end_in_doubling(double arc);

    Eigen::VectorXd crossing_;  // the mark of the last BP

    struct held_fold {  // an LPC, until the next step says whether a BP is meant
        double arc;
        std::vector<double> row;
        special_point point;
        Eigen::VectorXd mark;
        bool old;
    };
    std::optional<held_fold> held_;
    homoclinic_end homoclinic_;
    repeated_folds folds_;
    double way_ = 0;                    // way_to_half of the last step
    bool ended_ = false;                // in the doubling of cycles of half the period
    bool started_ = false;              // past the first step
    bool may_be_finer_ = false;         // a mesh on which a point is looked for
    bool finer_tells_ = false;          // and multipliers there are not resolved on this one
    std::optional<floquet> last_told_;  // the multipliers of the last row, if they are resolved
    bool told_ = true;                  // multipliers of the last row, by its mesh
    bool past_homoclinic_ = false;      // orbits that the caller goes on beyond
    bool lost_ = false;                 // multipliers are not resolved, and the caller goes on
    std::pair<point_type, double> last_{point_type::EP, 0};  ///< told by multipliers, and its arc
};

}  // namespace moebius::detail

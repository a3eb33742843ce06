// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <moebius/continuation/diagram.hpp>
#include <moebius/continuation/tracer.hpp>
#include <vector>

namespace moebius {

/// A smooth function on a curve whose zeros are special points.
struct test_function {
    point_type type;
    std::function<double(const curve_point&)> value;
};

/// Two points of a curve between which a test function changes sign once.
struct bracket {
    point_type type;
    std::size_t test;  ///< position in the list of test functions
    curve_point a, b;  ///< in the order of travel
    double arc = 0;    ///< arclength at a
};

/// Notices where test functions vanish along a curve, also when two zeros hide within a step.
///
/// A sign change between neighbours gives a bracket. Where a function keeps its sign but dips
/// towards zero over three neighbours, its minimum is searched on the curve itself; if the sign is
/// other there, that gives two brackets. So what is found does not hang on where the steps fall.
class event_finder {
public:
    event_finder(tracer& followed, std::vector<test_function> tests);

    /// Forgets the past; the curve goes on from this point, at arclength 0.
    void begin(const curve_point& point) {
        arcs_[2] = 0;
        known_ = 0;
        restart(point);
    }
    /// Forgets the points of the past, as when the newest point has got other unknowns. Arclength
    /// is kept, and the functions' values at the point before, by what became of those at this one.
    void restart(const curve_point& point);

    /// Brackets that the step to `point` reveals, by arclength.
    /// @param last  no step follows: as in the first one, in long ones, and where a function seems
    ///              to dip behind a restart, what lies between is looked at, too: half-way, and
    ///              half-way again until pieces are short, or the curve and all functions are there
    ///              what their values at the ends foretell
    [[nodiscard]] std::vector<bracket> look(const curve_point& point, bool last = false);

    [[nodiscard]] double arc() const noexcept { return arcs_[2]; }  ///< at the newest point
    [[nodiscard]] const test_function& test(std::size_t i) const { return tests_[i]; }

private:
    /// A point and what the functions are there.
    struct place {
        curve_point at;
        std::vector<double> values;
    };
    void set_values(const curve_point& point, std::vector<double>& to) const;
    [[nodiscard]] bool foretells(const place& middle, const place& end) const;
    void look_between(const curve_point& point, double pieces, std::vector<bracket>& found);
    void add_point(const curve_point& point, std::vector<double>& values,
                   std::vector<bracket>& found);
    [[nodiscard]] bool turns_back(const curve_point& point) const;
    void search_dip(std::size_t test, std::vector<bracket>& found);

    tracer& tracer_;
    std::vector<test_function> tests_;
    std::array<curve_point, 3> points_;  // oldest first
    std::array<double, 3> arcs_{};
    std::array<std::vector<double>, 3> values_;
    std::vector<double> past_;  // values before a restart; empty if there was no point
    std::vector<double> next_;  // work space: values at the point that is added
    int known_ = 0;
};

}  // namespace moebius

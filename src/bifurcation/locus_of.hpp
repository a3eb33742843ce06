// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/watch.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/iterated_map.hpp>

namespace moebius {

/// What curves over two parameters are asked for: those of equilibria, or of a rule's orbits.
struct locus_of {
    problem base;            ///< f
    map_rule rule = {0, 1};  ///< a step of 0: no rule
    bool folds_only = false;

    [[nodiscard]] bool of_map() const { return rule.step > 0; }
    /// What is followed: f, or the iterate whose fixed points are the orbits.
    [[nodiscard]] problem followed() const {
        return rule.period > 1 ? iterated(base, rule.step, rule.period) : base;
    }
    /// The step of the rule on what is followed; 0 if there is none.
    [[nodiscard]] double step() const { return rule.period > 1 ? 1 : rule.step; }

    /// The diagram over one parameter, at the parameters and on the groups of `on`, which is
    /// followed.
    [[nodiscard]] diagram along(const problem& on, const parameter_range& range,
                                const continuation_options& options, const watch& progress) const {
        if (!of_map()) return equilibrium_diagram(on, range, options, {}, progress);
        problem at = base;
        if (at.model->cells()) at = regrouped(at, on.model->cells()->groups());
        at.parameters = on.parameters;
        return period_diagram(at, rule, range, options, {}, progress);
    }
};

}  // namespace moebius

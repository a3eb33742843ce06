// SPDX-License-Identifier: MIT
#pragma once

// Claims to audit, and what an audit says of them.

#include <algorithm>
#include <moebius/audit/audit.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>

#include "catch.hpp"

namespace audits {

using namespace moebius;

inline claim diagram_of(const problem& apart, const parameter_range& range) {
    problem on = apart;
    if (apart.model->cells())
        on = regrouped(apart, coarsest_groups(apart, std::vector{apart.index_of(range.name)}));
    return {apart, {range}, {}, true, equilibrium_diagram(on, range)};
}

inline claim softmax_claim() {
    return diagram_of(make_problem("softmax", {.experts = 5}), {"feedback", 2, 8});
}

inline claim controlled_claim() {
    problem apart = make_problem("softmax", {.experts = 4, .controlled = true});
    apart.set("gain", 0.5);
    apart.set("leak", 0.1);
    return diagram_of(apart, {"feedback", 1, 12});
}

inline special_point& first_of(claim& in, point_type type) {
    return *std::find_if(in.data.special_points.begin(), in.data.special_points.end(),
                         [type](const special_point& point) { return point.type == type; });
}

inline branch& branch_of(claim& in, const special_point& point) {
    return *std::find_if(in.data.branches.begin(), in.data.branches.end(),
                         [&](const branch& one) { return one.id == point.branch; });
}

inline audit_count count_of(const audit_report& report, std::string_view kind) {
    for (const auto& count : report.counts)
        if (count.kind == kind) return count;
    return {};
}

/// Fewer values and starts: each fault here is found without them, but for what is missing.
inline audit_report audited(const claim& of) { return audit(of, {.values = 4, .starts = 8}); }

/// The fault is the first one, and of the kind that is expected.
inline void check_found(const claim& of, std::string_view kind, std::string_view words) {
    const auto report = audited(of);
    INFO((report.faults.empty() ? std::string("nothing was found") : report.faults.front()));
    CHECK(count_of(report, kind).wrong > 0);
    CHECK(std::any_of(report.faults.begin(), report.faults.end(), [&](const std::string& fault) {
        return fault.find(words) != std::string::npos;
    }));
}

}  // namespace audits

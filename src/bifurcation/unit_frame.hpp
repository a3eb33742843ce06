// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/error.hpp>
#include <moebius/continuation/state_units.hpp>
#include <moebius/model/in_units.hpp>
#include <optional>
#include <vector>

namespace moebius::detail {

/// What is followed, in units in which all states are of order 1. Where the model's own units do
/// that nothing is changed.
class unit_frame {
public:
    unit_frame(const problem& base, const std::vector<parameter_range>& ranges,
               const continuation_options& given, const std::optional<special_point>& from)
        : units_(state_units(base, ranges)), on(base), options(given), start(from) {
        if (units_.empty()) return;
        on = in_units(base, units_);
        if (from) start = point_in_units(*from, units_);
        if (!given.stop_at) return;
        options.stop_at = [stop = given.stop_at, units = units_](std::span<const double> y,
                                                                 std::span<const double> p) {
            std::vector<double> x(y.begin(), y.end());
            for (std::size_t i = 0; i < x.size(); ++i) x[i] *= units[i];
            return stop(x, p);
        };
    }

    /// Branches and points behind the first ones, in the model's own units.
    void leave(diagram& of, std::size_t branch = 0, std::size_t point = 0) const {
        if (!units_.empty()) leave_units(of, units_, branch, point);
    }

    /// The diagram that `follow` makes, or that a cut_short<diagram> carries, in the model's units.
    template <typename Follow>
    [[nodiscard]] diagram filled(const Follow& follow) const {
        try {
            diagram made = follow();
            leave(made);
            return made;
        } catch (cut_short<diagram>& cut) {
            leave(cut.so_far);
            throw;
        }
    }

private:
    std::vector<double> units_;

public:
    problem on;
    continuation_options options;
    std::optional<special_point> start;
};

}  // namespace moebius::detail

// SPDX-License-Identifier: MIT
#include "point_system.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/solve/spectrum.hpp>
#include <tuple>
#include <utility>

namespace moebius {
namespace {

using zeros = criticality::zeros;
using pairs = criticality::pairs;

constexpr double at_rest = 1e-9;  // state scales within which a state is taken for 0

/// The space on which the eigenvalues are nearest to what is wanted.
const critical_space& nearest(const std::vector<critical_space>& spaces, const placed_point& point,
                              double step, double mode_distance::*off) {
    const critical_space* best = &spaces.front();
    double least = std::numeric_limits<double>::infinity();
    for (const auto& space : spaces) {
        const double here = distance_to_modes(space, point.place(), step).*off;
        if (!(here < least)) continue;
        least = here;
        best = &space;
    }
    return *best;
}

/// Whether the state is 0 for whatever values the free parameters have. No fold or cusp is there.
bool rests(const placed_point& point, std::span<const std::size_t> free, zeros zero) {
    return zero != zeros::fold && zero != zeros::cusp && rests_at_zero(point.at, free) &&
           std::all_of(point.x.begin(), point.x.end(), [&](double value) {
               return std::abs(value) <= at_rest * point.state_scale();
           });
}

/// The two pairs that are nearest to the imaginary axis, each on its space.
void add_two_pairs(const std::vector<critical_space>& spaces, const mode_place& at,
                   std::vector<critical_mode>& to) {
    std::vector<std::tuple<double, double, const critical_space*>> all;  // distance, rate
    for (const auto& space : spaces)
        for (const auto value : eigenvalues(space.jacobian(at.x, at.p)))
            if (value.imag() > 0) all.emplace_back(std::abs(value.real()), value.imag(), &space);
    std::sort(all.begin(), all.end());
    all.resize(std::max<std::size_t>(2, all.size()), {0, 0, &spaces.front()});  // no pair, no proof
    for (std::size_t k = 0; k < 2; ++k)
        to.push_back(pair_mode(*std::get<2>(all[k]), at, std::get<1>(all[k])));
}

}  // namespace

std::optional<criticality> criticality_of(point_type type, std::string_view curve) {
    switch (type) {
        case point_type::EP:
            if (curve == "equilibrium") return criticality{};
            if (curve == "fold") return criticality{zeros::fold};
            if (curve == "branch point") return criticality{zeros::crossing};
            if (curve == "hopf") return criticality{.pair = pairs::simple};
            return std::nullopt;
        case point_type::LP:
            return criticality{zeros::fold};
        case point_type::BP:
            return criticality{zeros::crossing};
        case point_type::HB:
            return criticality{.pair = pairs::simple};
        case point_type::PD:
            return criticality{.flips = true};
        case point_type::NS:
            return criticality{.turns = true};
        case point_type::CP:
            return criticality{zeros::cusp};
        case point_type::BT:
            return criticality{zeros::twice};
        case point_type::ZH:
            return criticality{zeros::either, pairs::simple};
        case point_type::GH:
            return criticality{.pair = pairs::bautin};
        case point_type::HH:
            return criticality{.pair = pairs::two};
        default:
            return std::nullopt;
    }
}

defining_system system_of(const placed_point& point, std::vector<std::size_t> free,
                          const criticality& what, double step) {
    const auto spaces = point.spaces();
    const auto& groups = spaces.front();
    const auto nearest_by = [&](double mode_distance::*off) -> const critical_space& {
        return nearest(spaces, point, step, off);
    };
    const mode_place at = point.place();
    const bool resting = rests(point, free, what.zero);
    auto x = resting ? std::vector<double>(point.x.size()) : point.x;
    const auto& kernel = nearest_by(&mode_distance::zero);
    if (what.zero == zeros::crossing && !kernel.is_within() && !resting)
        return defining_system::of_crossing(point.at, std::move(x), free.at(0));
    std::vector<critical_mode> modes;
    if (what.zero == zeros::fold) modes.push_back(real_mode(groups, at, 0.0));
    if (what.zero == zeros::crossing || what.zero == zeros::either)
        modes.push_back(real_mode(kernel, at, 0.0));
    if (what.zero == zeros::cusp) modes.push_back(cusp_mode(groups, at));
    if (what.zero == zeros::twice)
        modes.push_back(chain_mode(nearest_by(&mode_distance::twice), at));
    if (what.pair == pairs::simple)
        modes.push_back(pair_mode(nearest_by(&mode_distance::pair), at));
    if (what.pair == pairs::two) add_two_pairs(spaces, at, modes);
    if (what.pair == pairs::bautin) modes.push_back(bautin_mode(groups, at));
    if (what.flips)
        modes.push_back(real_mode(nearest_by(&mode_distance::flip), at, enclosed(-2.0) / step));
    if (what.turns) modes.push_back(circle_mode(nearest_by(&mode_distance::circle), at, step));
    return {point.at, std::move(x), std::move(free), resting, std::move(modes)};
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/mean_interval.hpp>
#include <moebius/base/table.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/compare/measured_response.hpp>
#include <string>
#include <vector>

namespace moebius {

/// The open loop at one score difference, over several seeds, beside its closed form.
struct response_point {
    double x = 0;          ///< score difference
    double predicted = 0;  ///< load gap of the closed form; NaN if none is known
    mean_interval gap;     ///< over the seeds, with its 95 % interval
    double z = 0;          ///< Student's t of gap - predicted; NaN if either is not known
};

/// Measures the load gap of two experts at options.points score differences from -reach to reach.
///
/// @param known  the closed form, if there is one; null: none
/// @param seeds  independent measurements of each, >= 1
/// @throws invalid_argument  for no seeds, points out of 12 to 1e5, a reach that is not > 0 and
///                           finite; as open_loop_gap
/// @throws cut_short<std::vector<response_point>>  with the points that all seeds measured, if the
///                           watch asks to stop; interrupted if there are none
[[nodiscard]] std::vector<response_point> response_points(
    const token_source& source, const router& router, double beta, const load_response* known,
    const response_options& options, std::size_t seeds, const watch& watched = {});

/// Whether chance explains how far the gaps are from their closed form.
struct response_verdict {
    bool agrees = false;      ///< also where nothing could be judged: then `points` is 0
    std::size_t points = 0;   ///< that were judged
    double chi_square = 0;    ///< sum of the squares of z, made normal
    double chi_square_p = 1;  ///< chance of a larger one
    std::string sentence;     ///< all of this for a reader
};

/// A point is judged where the less loaded expert is expected to get at least 1000 tokens: else
/// their number is Poisson, not normal.
/// @param known   whether there is a closed form
/// @param tokens  routed at each point, all seeds together
/// @param chance  the test fails below this p
[[nodiscard]] response_verdict judge(const std::vector<response_point>& points, bool known,
                                     double tokens, double chance = 1e-3);

/// Columns x, gap_predicted, gap, gap_low, gap_high, z.
[[nodiscard]] table response_table(const std::vector<response_point>& points);

}  // namespace moebius

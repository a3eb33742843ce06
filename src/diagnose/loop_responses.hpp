// SPDX-License-Identifier: MIT
#pragma once

namespace moebius {

/// Mean over m steps of what x <- (1 - r) x has answered by the last to one unit of noise in each:
/// 1/r for m r >> 1, and m/2 for r = 0. Where x grows it grows, too, up to the rate that m steps
/// can tell from none.
[[nodiscard]] double answered(double r, double m);

/// The same by how much a smaller rate makes it more, -d/dr.
[[nodiscard]] double answered_more(double r, double m);

/// Sums of what x and y answer to one unit of noise within m steps, in their mean over where in
/// them it comes.
struct response_sums {
    double x, y;
};

/// Without a controller x sums to 1/(e - a), in long windows. With one steps go by x <- (1 - e) x +
/// n, y <- (1 - leak) y - pull n with n = a x + c y; without a leak loads come back to where they
/// were, y sums to -1/c and x to 0.
struct response_rates {
    double pull, forget, leak;
};
[[nodiscard]] response_sums responses(double a, double c, const response_rates& rates, double m);

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/continuation/collocation.hpp>
#include <utility>

namespace moebius {

using Eigen::Index;
using Eigen::VectorXd;

std::optional<orbit> last_loop(const table& trajectory) {
    const auto rows = static_cast<Index>(trajectory.rows());
    const auto n = static_cast<Index>(trajectory.columns.size()) - 1;
    if (n < 1 || rows < 8) return std::nullopt;
    const auto state = [&](Index row) {
        VectorXd x(n);
        for (Index i = 0; i < n; ++i)
            x[i] =
                trajectory.columns[static_cast<std::size_t>(i + 1)][static_cast<std::size_t>(row)];
        return x;
    };
    const VectorXd end = state(rows - 1);
    VectorXd distance(rows);
    for (Index k = 0; k < rows; ++k) distance[k] = (state(k) - end).norm();
    // Away first, then back for the first time within a tenth of the way.
    double farthest = 0;
    Index back = rows - 1;
    for (; back > 0; --back) {
        farthest = std::max(farthest, distance[back]);
        if (distance[back] < farthest / 10 && distance[back - 1] > distance[back]) break;
    }
    if (back == 0 || rows - back < 8) return std::nullopt;
    const auto& t = trajectory.columns[0];
    constexpr Index fine = 200;  // intervals of degree 4, before the mesh is made to suit
    piecewise loop{VectorXd::LinSpaced(fine + 1, 0, 1), 4, {}};
    loop.values.resize(n, 4 * fine + 1);
    for (Index k = 0; k <= 4 * fine; ++k) {
        const double at =
            static_cast<double>(back) + static_cast<double>((rows - 1 - back) * k) / (4.0 * fine);
        const auto row = std::min(static_cast<Index>(at), rows - 2);
        const double share = at - static_cast<double>(row);
        loop.values.col(k) = (1 - share) * state(row) + share * state(row + 1);
    }
    const VectorXd gap = loop.values.rightCols(1) - loop.values.leftCols(1);
    for (Index k = 0; k <= 4 * fine; ++k)  // closed, the gap spread over the loop
        loop.values.col(k) -= gap * (static_cast<double>(k) / (4.0 * fine));
    return orbit_of(loop, t.back() - t[static_cast<std::size_t>(back)]);
}

special_point cycle_start(const problem& at, orbit guess) {
    special_point start;
    start.parameters = at.parameters;
    check_orbit(guess, at.model->dimension());
    start.state.assign(guess.states.begin(),
                       guess.states.begin() + static_cast<std::ptrdiff_t>(at.model->dimension()));
    start.cycle = std::move(guess);
    return start;
}

}  // namespace moebius

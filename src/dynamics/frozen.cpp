// SPDX-License-Identifier: MIT
#include "frozen.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace moebius::detail {

frozen frozen_at(const problem& at, const std::vector<double>& x) {
    const std::size_t n = x.size();
    std::vector<double> f(n), fx(n * n), fp(n * at.parameters.size());
    at.model->linear(x, at.parameters, f, fx, fp);
    double up = 0, square = 0;
    for (std::size_t j = 0; j < n; ++j) {
        square += f[j] * f[j];
        for (std::size_t i = 0; i < n; ++i) up += f[i] * fx[j * n + i] * f[j];
    }
    return {std::sqrt(square), n == 1 ? fx[0] : square > 0 ? up / square : -1};
}

unstable_place::unstable_place(const problem& at, std::size_t parameter,
                               std::pair<double, double> ends)
    : curve_(at, {std::string(at.model->parameters()[parameter].name),
                  std::min(ends.first, ends.second), std::max(ends.first, ends.second)}),
      here_(at),
      parameter_(parameter),
      f_(static_cast<Eigen::Index>(at.model->dimension())) {}

bool unstable_place::holds(const std::vector<double>& x, double value) {
    here_.parameters[parameter_] = value;
    if (!curve_.linearize(curve_.units().scale(x, here_.parameters), f_)) return false;
    const double rate = curve_.stability_here().leading.front().real();
    if (!(rate > 0)) return false;
    const auto [speed, growth] = frozen_at(here_, x);
    const double unit = here_.model->state_scale(here_.parameters);
    return growth <= 0 || speed <= 1e-3 * unit * rate;
}

}  // namespace moebius::detail

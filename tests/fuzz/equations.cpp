// SPDX-License-Identifier: MIT
// Models as text: what is read can be computed with.
#include <moebius/equations/equations.hpp>
#include <vector>

#include "harness.hpp"

namespace moebius::fuzz {

const std::size_t allocation_floor = std::size_t{1}
                                     << 30;  // of 4 million steps, arrays written out

void read_one(std::string_view input) {
    const auto model = read_equations(input, "fuzzed", "fuzzed.ode").model;
    const std::size_t n = model->dimension();
    if (n > 100) return;
    const auto at = with_defaults(model);
    const std::size_t m = at.parameters.size();
    std::vector<double> x(n), f(n), fx(n * n), fp(n * m), v(n, 1), q(m, 1), along(4 * n),
        loads(model->experts());
    require(model->initial(x), "a text has a start");
    model->rhs(x, at.parameters, f);
    model->linear(x, at.parameters, f, fx, fp);
    model->along(x, at.parameters, v, q, along);
    model->loads(x, at.parameters, loads);
    (void)model->state_scale(at.parameters);
    (void)model->state_bounds(at.parameters);
}

}  // namespace moebius::fuzz

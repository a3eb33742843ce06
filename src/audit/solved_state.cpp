// SPDX-License-Identifier: MIT
#include "solved_state.hpp"

#include <moebius/base/view.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <vector>

namespace moebius {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

newton_result solved_by_parts(const problem& at, linear_terms& terms, const VectorXd& start,
                              const newton_options& options) {
    const Index n = start.size();
    const VectorXd units = VectorXd::Ones(n + 1), still = VectorXd::Unit(n + 1, n);
    const auto df = terms.new_linearization();
    const auto step = [&](const VectorXd& x, VectorXd& f, VectorXd& by) {
        if (!terms.evaluate({x.begin(), x.end()}, at.parameters)) return outcome::not_finite;
        f = terms.f();
        terms.fill(*df, units, {});
        df->factor(still);
        VectorXd solution(n + 1);
        solution << f, 0;
        df->solve_in_place(solution);
        by = solution.head(n);
        return by.allFinite() ? outcome::converged : outcome::singular_jacobian;
    };
    return newton_by_steps(step, start, options);
}

}  // namespace

newton_result solved_state(const problem& at, const VectorXd& start,
                           const newton_options& options) {
    linear_terms terms(*at.model, {0});  // the border is any parameter's; its row keeps it still
    if (terms.is_structured()) return solved_by_parts(at, terms, start, options);
    const Index n = start.size();
    MatrixXd fp(n, static_cast<Index>(at.parameters.size()));
    const auto system = [&](const VectorXd& x, VectorXd& f, MatrixXd& fx) {
        f.resize(n);
        fx.resize(n, n);
        at.model->linear(view(x), at.parameters, view(f), view(fx), view(fp));
    };
    return newton(system, start, options);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <cstdio>
#include <moebius/base/view.hpp>
#include <moebius/exact/two_expert.hpp>
#include <moebius/model/two_expert.hpp>

int main() {
    const auto lost = moebius::exact::pitchfork(1, 4);
    const auto beyond = moebius::exact::equilibria({0.75, 1, 4, 0}).back();

    auto problem = moebius::problem_of<moebius::models::two_expert>();
    problem.set("feedback", 0.75);
    problem.set("beta", 4);
    const auto& p = problem.parameters;
    using moebius::view;
    double f = 0, slope = 0, by_parameter[4], loads[2];
    problem.model->linear(view(beyond.x), p, view(f), view(slope), by_parameter);
    problem.model->loads(view(beyond.x), p, loads);

    std::printf("lost at feedback %g, at 0.75 the loads are %.6f and %.6f, eigenvalue %.6f\n",
                lost.feedback, loads[0], loads[1], slope);
}

// SPDX-License-Identifier: MIT
// What the tests of the N-expert formulas share: residuals and spectra of a state.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/solve/dense.hpp>
#include <vector>

#include "catch.hpp"

namespace n_expert_checks {

using namespace moebius;
using exact::split;
using exact::split_state;

/// What the equilibrium u = K p + h asks of the larger load, from softmax of two groups.
inline double softmax_residual(const split& s, const split_state& at) {
    const auto n = static_cast<double>(s.experts), m = static_cast<double>(s.winners);
    const double gap = at.K * (at.loads[0] - at.loads[1]) + at.h;
    const double winner = 1 / (m + (n - m) * std::exp(-gap));
    const double other = 1 / (m * std::exp(gap) + (n - m));
    return gap > 0 ? winner / at.loads[0] - 1 : other / at.loads[1] - 1;
}

/// The dense oracle: eigenvalues of K(diag p - p p^T) - 1 in rising order.
inline std::vector<double> dense_spectrum(const split& s, const split_state& at) {
    const auto n = static_cast<Eigen::Index>(s.experts), m = static_cast<Eigen::Index>(s.winners);
    Eigen::VectorXd p = Eigen::VectorXd::Constant(n, at.loads[1]);
    p.head(m).setConstant(at.loads[0]);
    Eigen::MatrixXd j = -at.K * p * p.transpose();
    j.diagonal() += at.K * p - Eigen::VectorXd::Ones(n);
    const Eigen::VectorXd values = moebius::eigen_of_symmetric(j).values;
    return {values.begin(), values.end()};
}

inline std::vector<double> closed_spectrum(const split& s, const split_state& at) {
    std::vector<double> all{-1, at.between};
    all.insert(all.end(), s.winners - 1, at.among_winners);
    all.insert(all.end(), s.experts - s.winners - 1, at.among_others);
    std::sort(all.begin(), all.end());
    return all;
}

inline void check_spectrum(const split& s, const split_state& at) {
    CAPTURE(s.experts, s.winners, at.K, at.h, at.r);
    const auto want = dense_spectrum(s, at), got = closed_spectrum(s, at);
    const double lost = 16 * machine_epsilon * (1 + at.K);  // backward error of the dense solver
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], lost));
    const auto above = [](const std::vector<double>& all, double least) {
        return std::count_if(all.begin(), all.end(), [=](double v) { return v > least; });
    };
    CHECK(static_cast<std::ptrdiff_t>(at.n_unstable) <= above(want, -lost));
    CHECK(static_cast<std::ptrdiff_t>(at.n_unstable) >= above(want, lost));
}

}  // namespace n_expert_checks

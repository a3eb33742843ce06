// SPDX-License-Identifier: MIT
// All equilibria of softmax experts with biases, by an enumeration that does not use the model:
// docs/theory.md section 3, "With biases".
#include <algorithm>
#include <boost/math/special_functions/lambert_w.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <moebius/continuation/find_equilibria.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

/// The load of an expert, p = -W(-K exp(h - z)) / K: the less of both at an even `which`.
double load(double k, double h, double z, std::size_t which) {
    const double w = std::max(-k * std::exp(h - z), -std::exp(-1.0));
    const double low = boost::math::lambert_w0(w), high = boost::math::lambert_wm1(w);
    return -(which % 2 == 0 ? low : high) / k;
}

/// Loads of all equilibria, bit e of a choice telling whether expert e has the larger one.
std::vector<std::vector<double>> all_loads(double k, const std::vector<double>& h) {
    constexpr int steps = 4000;
    const double top = *std::max_element(h.begin(), h.end());
    const double first = top + std::log(k) + 1, last = std::max(first, top + k) + 1;
    std::vector<double> z(steps + 1);
    std::vector<std::vector<double>> loads(2 *
                                           h.size());  // of each expert, the less and the larger
    for (int s = 0; s <= steps; ++s) {
        z[static_cast<std::size_t>(s)] = first + (last - first) * std::pow(s / double(steps), 2);
        for (std::size_t k2 = 0; k2 < loads.size(); ++k2)
            loads[k2].push_back(load(k, h[k2 / 2], z[static_cast<std::size_t>(s)], k2));
    }
    std::vector<std::vector<double>> out;
    for (std::size_t choice = 0; choice < std::size_t{1} << h.size(); ++choice) {
        const auto of = [&](std::size_t e) { return choice >> e & 1; };
        const auto surplus = [&](double at) {
            double sum = -1;
            for (std::size_t e = 0; e < h.size(); ++e) sum += load(k, h[e], at, of(e));
            return sum;
        };
        double left = 0;
        for (std::size_t s = 0; s < z.size(); ++s) {
            double here = -1;
            for (std::size_t e = 0; e < h.size(); ++e) here += loads[2 * e + of(e)][s];
            if (s > 0 && left * here < 0) {
                std::uintmax_t most = 100;
                const auto at = boost::math::tools::toms748_solve(
                    surplus, z[s - 1], z[s], left, here,
                    boost::math::tools::eps_tolerance<double>(), most);
                out.emplace_back();
                for (std::size_t e = 0; e < h.size(); ++e)
                    out.back().push_back(load(k, h[e], at.first, of(e)));
            }
            left = here;
        }
    }
    return out;
}

}  // namespace

TEST_CASE("every equilibrium of softmax experts with biases is found", "[oracle][experts]") {
    const std::size_t experts = GENERATE(as<std::size_t>{}, 3, 4, 5, 6, 7, 8);
    const double share = GENERATE(0.9, 1.05, 1.2, 1.5, 2.5), reach = GENERATE(0.3, 1.0, 2.0);
    CAPTURE(experts, share, reach);
    std::mt19937 draw(static_cast<unsigned>(1000 * share) + static_cast<unsigned>(experts));
    std::uniform_real_distribution<double> bias(-reach, reach);
    auto at = with_defaults(expert_feedback(softmax_loads(experts)));
    const double k = share * static_cast<double>(experts);
    at.set("feedback", k);
    std::vector<double> h(experts);
    for (std::size_t e = 0; e < experts; ++e) {
        h[e] = bias(draw);
        at.set("bias_" + std::to_string(e + 1), h[e]);
    }

    search_record record;
    const auto found = find_equilibria(at, &record);

    const auto wanted = all_loads(k, h);
    CHECK(found.size() == wanted.size());
    CHECK_FALSE(record.may_miss);
    for (const auto& p : wanted) {
        CAPTURE(p);
        CHECK(std::any_of(found.begin(), found.end(), [&](const Eigen::VectorXd& s) {
            double apart = 0;  // decay = beta = 1: s = K p + h
            for (std::size_t e = 0; e < experts; ++e)
                apart =
                    std::max(apart, std::abs(s[static_cast<Eigen::Index>(e)] - k * p[e] - h[e]));
            return apart < 1e-6;
        }));
    }
}

TEST_CASE("experts that have all that they can, and others that share, are found",
          "[oracle][experts]") {
    // 6,000 random starts of Newton's method on the sums over the ten pairs, in numpy, come to 81
    // states at each of these values, and to no other
    const double feedback = GENERATE(16.7279, 17.3138);
    auto at = with_defaults(expert_feedback(exact_k_loads(5, 2)));
    at.set("feedback", feedback);
    const std::vector<double> h{-0.2622, -0.2547, 0.2415, 0.1380, -0.1626};
    for (std::size_t e = 0; e < h.size(); ++e) at.set("bias_" + std::to_string(e + 1), h[e]);

    search_record record;
    const auto found = find_equilibria(at, &record);

    CHECK(found.size() == 81);
    CHECK_FALSE(record.may_miss);
}

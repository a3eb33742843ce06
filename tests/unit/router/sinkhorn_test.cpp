// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/router/sinkhorn.hpp>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "values.hpp"

using namespace moebius;

namespace {

using test::dot;

/// Costs without a pattern, in about [-spread, spread]. Shape: (tokens, experts).
std::vector<double> some_costs(std::size_t tokens, std::size_t experts, double spread = 1) {
    std::vector<double> cost(tokens * experts);
    for (std::size_t i = 0; i < cost.size(); ++i) {
        const double x = static_cast<double>(i + 1);
        cost[i] = spread * std::sin(1.7 * x + 0.3 * x * x);
    }
    return cost;
}

/// The largest distance of the sums of rows from 1 and of columns from tokens/experts.
std::pair<double, double> marginal_errors(const std::vector<double>& plan, std::size_t experts) {
    const std::size_t tokens = plan.size() / experts;
    std::vector<double> columns(experts);
    double row_error = 0, column_error = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
        double in_row = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            in_row += plan[t * experts + e];
            columns[e] += plan[t * experts + e];
        }
        row_error = std::max(row_error, std::abs(in_row - 1));
    }
    const double target = static_cast<double>(tokens) / static_cast<double>(experts);
    for (const double c : columns) column_error = std::max(column_error, std::abs(c - target));
    return {row_error, column_error};
}

/// The scaling as a text book writes it, with products and quotients.
std::vector<double> plain_scaling(const std::vector<double>& cost, std::size_t n, double xi,
                                  int iterations) {
    const std::size_t m = cost.size() / n;
    std::vector<double> kernel(cost.size()), u(m, 1.0), v(n);
    for (std::size_t i = 0; i < cost.size(); ++i) kernel[i] = std::exp(cost[i] / xi);
    for (int k = 0; k < iterations; ++k) {
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t i = 0; i < m; ++i) sum += kernel[i * n + j] * u[i];
            v[j] = static_cast<double>(m) / static_cast<double>(n) / sum;
        }
        for (std::size_t i = 0; i < m; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < n; ++j) sum += kernel[i * n + j] * v[j];
            u[i] = 1 / sum;
        }
    }
    for (std::size_t i = 0; i < cost.size(); ++i) kernel[i] *= u[i / n] * v[i % n];
    return kernel;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

std::vector<double> central_differences(const std::function<double(const std::vector<double>&)>& f,
                                        std::vector<double> x) {
    const double h = 1e-5;  // truncation h^2 and rounding 1e-16/h, both about 1e-10
    std::vector<double> out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = x[i];
        x[i] = at + h;
        const double above = f(x);
        x[i] = at - h;
        out[i] = (above - f(x)) / (2 * h);
        x[i] = at;
    }
    return out;
}

constexpr sinkhorn_options tight{.xi = 0.4, .tolerance = 1e-13, .max_iterations = 10'000};

}  // namespace

TEST_CASE("a plan's rows sum to 1 and its columns to tokens/experts", "[sinkhorn][oracle]") {
    const auto experts = GENERATE(as<std::size_t>{}, 1, 2, 7, 16);
    const double tolerance = GENERATE(1e-4, 1e-10);

    const auto plan = sinkhorn(some_costs(50, experts), experts,
                               {.xi = 0.3, .tolerance = tolerance, .max_iterations = 1000});

    REQUIRE(plan);
    const auto [rows, columns] = marginal_errors(plan.plan, experts);
    CHECK(rows < 1e-14);  // rounding of 16 terms
    CHECK(columns < tolerance);
    CHECK(plan.residual < tolerance);
    CHECK(plan.residual >= columns - 1e-14);  // a 2-norm against a maximum
}

TEST_CASE("the log domain follows the plain scaling, iteration by iteration",
          "[sinkhorn][oracle]") {
    const int iterations = GENERATE(1, 2, 5, 30);
    const auto cost = some_costs(20, 5);

    const auto plan =
        sinkhorn(cost, 5, {.xi = 0.7, .tolerance = 1e-300, .max_iterations = iterations});

    CHECK(plan.iterations == iterations);
    CHECK(largest_difference(plan.plan, plain_scaling(cost, 5, 0.7, iterations)) < 1e-14);
}

TEST_CASE("log_u and log_v rebuild the plan", "[sinkhorn][oracle]") {
    const auto cost = some_costs(9, 4, 3);
    const auto plan = sinkhorn(cost, 4, {.xi = 0.5});

    for (std::size_t i = 0; i < cost.size(); ++i)
        CHECK_THAT(std::exp(plan.log_u[i / 4] + cost[i] / 0.5 + plan.log_v[i % 4]),
                   WithinAbs(plan.plan[i], 1e-13));  // exponents to 12, each to one rounding
}

TEST_CASE("constants of rows and columns do not change a plan", "[sinkhorn][property]") {
    auto cost = some_costs(30, 6);
    const auto plan = sinkhorn(cost, 6, tight);

    for (std::size_t i = 0; i < cost.size(); ++i)
        cost[i] +=
            3 * std::sin(static_cast<double>(i / 6)) + 5 * std::cos(static_cast<double>(i % 6));

    CHECK(largest_difference(sinkhorn(cost, 6, tight).plan, plan.plan) < 1e-12);  // tolerance 1e-13
}

TEST_CASE("a constant of a column changes no iteration", "[sinkhorn][property]") {
    const int iterations = GENERATE(1, 3);
    const sinkhorn_options few{.xi = 1, .tolerance = 1e-300, .max_iterations = iterations};
    auto cost = some_costs(30, 6);
    const auto plan = sinkhorn(cost, 6, few);

    for (std::size_t i = 0; i < cost.size(); ++i)
        cost[i] += 4 * std::cos(static_cast<double>(i % 6));

    CHECK(largest_difference(sinkhorn(cost, 6, few).plan, plan.plan) < 1e-14);
}

TEST_CASE("logits as large as 700 xi neither overflow nor lose the marginals",
          "[sinkhorn][property]") {
    const double xi = GENERATE(0.05, 1.0);
    auto cost = some_costs(13, 4, 700 * xi);  // 13: no assignment of whole tokens is balanced
    cost[5] = 700 * xi;
    cost[6] = -700 * xi;

    const auto plan = sinkhorn(cost, 4, {.xi = xi, .tolerance = 1e-9, .max_iterations = 1'000'000});

    REQUIRE(plan);
    const auto [rows, columns] = marginal_errors(plan.plan, 4);
    CHECK(rows < 1e-12);  // exponents to 1e3, each to one rounding: 1e-13 relative
    CHECK(columns < 1e-9);
}

TEST_CASE("costs at the ends of double still give rows that sum to 1", "[sinkhorn][property]") {
    const auto plan = sinkhorn(std::vector{1e308, 0.0, -1e308, -1e308, 3.0, -1e308}, 2,
                               {.xi = 1e-3, .tolerance = 1e-9, .max_iterations = 20});

    CHECK(marginal_errors(plan.plan, 2).first < 1e-14);
}

TEST_CASE("tokens that cannot be routed leave the others' plan as it is", "[sinkhorn][property]") {
    const auto cost = some_costs(10, 3);
    auto with_bad = cost;
    const std::vector<double> bad{0, not_a_number, 0,         infinite, 1,
                                  1, -infinite,    -infinite, -infinite};
    with_bad.insert(with_bad.begin() + 6, bad.begin(), bad.end());

    const auto plain = sinkhorn(cost, 3), mixed = sinkhorn(with_bad, 3);

    auto rest = mixed.plan;
    for (std::size_t i = 6; i < 15; ++i) CHECK(rest[i] == 0);
    CHECK(mixed.log_u[2] == -infinite);
    rest.erase(rest.begin() + 6, rest.begin() + 15);
    CHECK(rest == plain.plan);
}

TEST_CASE("closed experts stay closed, and no plan is an answer", "[sinkhorn]") {
    // By hand: token 0 must take all of expert 0, so token 1 must take all of expert 1.
    const auto forced = sinkhorn(std::vector{0.0, -infinite, 2.0, 1.0}, 2,
                                 {.xi = 1, .tolerance = 1e-3, .max_iterations = 10'000});
    const auto none = sinkhorn(std::vector{0.0, -infinite, 2.0, -infinite}, 2);
    const auto three = sinkhorn(  // two tokens for one expert, which may hold one
        std::vector{0.0, -infinite, -infinite, 0.0, -infinite, -infinite, 0.0, 0.0, 0.0}, 3);

    REQUIRE(forced);
    CHECK(forced.plan[0] == 1);
    CHECK(forced.plan[1] == 0);
    CHECK_THAT(forced.plan[2], WithinAbs(0.0, 1e-3));
    CHECK(none.status == sinkhorn_status::no_solution);
    CHECK(none.plan == std::vector<double>(4));
    CHECK(three.status == sinkhorn_status::out_of_iterations);
    CHECK(to_string(three.status) == "out of iterations");
}

TEST_CASE("the softmax cost is each row's softmax, and keeps closed experts closed",
          "[sinkhorn][oracle]") {
    const auto cost = cost_of(sinkhorn_cost::softmax,
                              std::vector{std::log(3.0), 0.0, -infinite, infinite, 0.0, 0.0}, 3);

    CHECK_THAT(cost[0], WithinAbs(0.75, 1e-15));
    CHECK_THAT(cost[1], WithinAbs(0.25, 1e-15));
    CHECK(cost[2] == -infinite);
    for (std::size_t i = 3; i < 6; ++i) CHECK(std::isnan(cost[i]));
}

TEST_CASE("no tokens are a plan at once, one token is shared evenly", "[sinkhorn]") {
    const auto nothing = sinkhorn({}, 4);
    const auto one = sinkhorn(std::vector{1.0, 2.0, 3.0, -4.0}, 4);

    CHECK(nothing);
    CHECK(nothing.plan.empty());
    REQUIRE(one);
    for (const double share : one.plan) CHECK_THAT(share, WithinAbs(0.25, 1e-15));
}

TEST_CASE("the gradient through a plan is its derivative", "[sinkhorn][oracle]") {
    const auto law = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto logits = some_costs(8, 5, 2);
    const auto by_plan = some_costs(8, 5, 1.5);
    const auto plan = sinkhorn(cost_of(law, logits, 5), 5, tight);
    REQUIRE(plan);

    const auto got = cost_backward(law, logits, 5, sinkhorn_backward(plan, 5, tight.xi, by_plan));

    const auto want = central_differences(
        [&](const auto& at) { return dot(sinkhorn(cost_of(law, at, 5), 5, tight).plan, by_plan); },
        logits);
    const double error = largest_difference(got, want);
    CAPTURE(to_string(law), error);
    CHECK(error < 1e-7);
    CHECK(dot(want, want) > 1e-3);  // there is something to compare
}

TEST_CASE("the gradient through renormalised gates is their derivative", "[sinkhorn][oracle]") {
    const auto law = GENERATE(sinkhorn_cost::linear, sinkhorn_cost::softmax);
    const auto k = GENERATE(as<std::size_t>{}, 2, 3, 5);
    const auto logits = some_costs(8, 5, 2);
    const auto by_weights = some_costs(8, 5, 1.5);
    const auto gates_at = [&](const std::vector<double>& at) {
        const auto cost = cost_of(law, at, 5);
        return gates_of(sinkhorn(cost, 5, tight), cost, 5, k);
    };
    const auto plan = sinkhorn(cost_of(law, logits, 5), 5, tight);

    const auto by_plan = gates_backward(plan, gates_at(logits), 5, by_weights);
    const auto got = cost_backward(law, logits, 5, sinkhorn_backward(plan, 5, tight.xi, by_plan));

    const auto want = central_differences(
        [&](const auto& at) { return dot(gates_at(at).weights, by_weights); }, logits);
    const double error = largest_difference(got, want);
    CAPTURE(to_string(law), k, error);
    CHECK(error < 1e-7);
    CHECK(dot(want, want) > 1e-3);
}

TEST_CASE("the gradient of closed entries is 0 and of the rest their derivative",
          "[sinkhorn][oracle]") {
    auto logits = some_costs(6, 4);
    for (const std::size_t i : {1U, 7U, 12U}) logits[i] = -infinite;
    const auto by_plan = some_costs(6, 4, 1.5);
    const auto plan = sinkhorn(logits, 4, tight);
    REQUIRE(plan);

    const auto got = sinkhorn_backward(plan, 4, tight.xi, by_plan);

    const auto want = central_differences(
        [&](const auto& at) { return dot(sinkhorn(at, 4, tight).plan, by_plan); }, logits);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK_THAT(got[i], WithinAbs(want[i], 1e-7));
    CHECK(got[7] == 0);
}

TEST_CASE("the gates of a plan are its largest entries, the lowest experts on ties",
          "[sinkhorn][oracle]") {
    sinkhorn_plan plan;
    plan.log_u = {0, 0, -infinite};
    plan.plan = {0.1, 0.3, 0.6, 0.4, 0.4, 0.2, 0, 0, 0};

    const auto gates = gates_of(plan, std::vector<double>(9), 3, 2);
    const auto ties = gates_of(plan, std::vector<double>(9), 3, 1);

    CHECK(gates.chosen == std::vector<std::uint8_t>{0, 1, 1, 1, 1, 0, 0, 0, 0});
    CHECK_THAT(gates.weights[1], WithinAbs(1.0 / 3, 1e-15));
    CHECK_THAT(gates.weights[2], WithinAbs(2.0 / 3, 1e-15));
    CHECK(gates.weights[3] == 0.5);
    CHECK(ties.chosen == std::vector<std::uint8_t>{0, 0, 1, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("sinkhorn says what it cannot balance", "[sinkhorn][error]") {
    const std::vector<double> two(2), three(3);
    const auto plan = sinkhorn(two, 2);

    CHECK_THROWS_WITH(sinkhorn(two, 0), "sinkhorn: no experts came, but at least one is needed");
    CHECK_THROWS_WITH(
        sinkhorn(three, 2),
        "sinkhorn: 3 costs came for 2 experts, but each token needs one for every expert");
    CHECK_THROWS_WITH(sinkhorn(two, 2, {.xi = 0}),
                      "sinkhorn: xi is 0, but it must be > 0 and finite");
    CHECK_THROWS_WITH(sinkhorn(two, 2, {.xi = not_a_number}),
                      "sinkhorn: xi is nan, but it must be > 0 and finite");
    CHECK_THROWS_WITH(sinkhorn(two, 2, {.tolerance = -1}),
                      "sinkhorn: tolerance is -1, but it must be > 0");
    CHECK_THROWS_WITH(sinkhorn(two, 2, {.max_iterations = 0}),
                      "sinkhorn: max_iterations is 0, but it must be >= 1");
    CHECK_THROWS_WITH(sinkhorn_backward(plan, 2, 1, three),
                      "sinkhorn_backward: 3 derivatives came, but the plan has 2 entries");
    CHECK_THROWS_WITH(sinkhorn_backward(plan, 2, -1, two),
                      "sinkhorn_backward: xi is -1, but it must be > 0 and finite");
    CHECK_THROWS_WITH(gates_of(plan, two, 2, 3),
                      "gates_of: k is 3 for 2 experts, but it must be in [1, experts]");
    CHECK_THROWS_WITH(gates_of(plan, three, 2, 1),
                      "gates_of: 3 costs came, but the plan has 2 entries");
    CHECK_THROWS_WITH(gates_backward(plan, gates_of(plan, two, 2, 1), 2, three),
                      "gates_backward: 3 derivatives came, but the plan has 2 entries");
}

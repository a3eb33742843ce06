// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/solve/spectrum.hpp>
#include <random>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

struct sample {
    std::shared_ptr<const cell_field> model;
    std::vector<double> x, p;
};

std::shared_ptr<const cell_field> make(bool controlled, std::size_t experts) {
    return controlled ? controlled_feedback(softmax_loads(experts))
                      : expert_feedback(softmax_loads(experts));
}

sample random_sample(std::shared_ptr<const cell_field> model, unsigned seed) {
    std::mt19937 random{seed};
    std::uniform_real_distribution<double> any{-1, 1};
    sample s{std::move(model), {}, {}};
    for (std::size_t i = 0; i < s.model->dimension(); ++i) s.x.push_back(2 * any(random));
    for (const auto& info : s.model->parameters()) s.p.push_back(info.value + 0.5 * any(random));
    return s;
}

MatrixXd jacobian(const sample& s, MatrixXd* by_parameter = nullptr) {
    const auto n = static_cast<Index>(s.x.size());
    VectorXd f(n);
    MatrixXd fx(n, n), fp(n, static_cast<Index>(s.p.size()));
    s.model->linear(view(s.x), view(s.p), view(f), view(fx), view(fp));
    if (by_parameter) *by_parameter = fp;
    return fx;
}

VectorXd rhs_at(const sample& s, const VectorXd& v, const VectorXd& q, double t) {
    auto x = s.x;
    auto p = s.p;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += t * v[static_cast<Index>(i)];
    for (std::size_t i = 0; i < p.size(); ++i) p[i] += t * q[static_cast<Index>(i)];
    VectorXd f(static_cast<Index>(x.size()));
    s.model->rhs(view(x), view(p), view(f));
    return f;
}

}  // namespace

TEST_CASE("expert feedback's Taylor coefficients are those of its rhs", "[model][cells]") {
    const bool controlled = GENERATE(false, true);
    auto s = random_sample(make(controlled, 4), 7);
    if (GENERATE(false, true)) {  // seen on groups, too
        s = random_sample(s.model->regrouped(split(one_group(4), 0, 1)), 8);
    }
    const auto n = static_cast<Index>(s.x.size());
    const VectorXd v = VectorXd::Random(n), q = VectorXd::Random(static_cast<Index>(s.p.size()));
    MatrixXd out(n, 4), fp;
    s.model->along(view(s.x), view(s.p), view(v), view(q), view(out));

    const MatrixXd fx = jacobian(s, &fp);
    const double rounding = 1e-13;  // a few hundred operations on numbers of order 1
    CHECK((out.col(0) - rhs_at(s, v, q, 0)).norm() < rounding);
    CHECK((out.col(1) - fx * v - fp * q).norm() < rounding);
    // The remainder of the cubic Taylor polynomial falls as t^4.
    const auto remainder = [&](double t) {
        const VectorXd cubic = out.col(0) + t * (out.col(1) + t * (out.col(2) + t * out.col(3)));
        return (rhs_at(s, v, q, t) - cubic).norm();
    };
    const double order = std::log2(remainder(0.02) / remainder(0.01));
    CHECK_THAT(order, WithinAbs(4, 0.15));
}

TEST_CASE("groups of experts obey the full equations exactly", "[model][cells]") {
    const bool controlled = GENERATE(false, true);
    const auto full = make(controlled, 7);
    const grouping groups{{{0, 2}, {1}, {3, 4, 5, 6}}};
    const auto small = random_sample(full->regrouped(groups), 3);
    const problem lifted = regrouped(problem{small.model, small.p}, singletons(7));
    const sample whole{full, regrouped_state(*small.model, *full, small.x), lifted.parameters};

    const VectorXd f = rhs_at(small, VectorXd::Zero(9), VectorXd::Zero(20), 0);
    const std::vector<double> few(f.begin(), f.end());
    const auto want = regrouped_state(*small.model, *full, few);
    const VectorXd got = rhs_at(whole, VectorXd::Zero(14), VectorXd::Zero(20), 0);
    for (std::size_t i = 0; i < want.size(); ++i)
        CHECK_THAT(got[static_cast<Index>(i)], WithinAbs(want[i], 1e-14));  // rounding of sums

    SECTION("and so does their spectrum, with what moves within a group") {
        std::vector<std::complex<double>> seen;
        const auto add = [&seen](const std::vector<std::complex<double>>& values,
                                 std::size_t times) {
            for (std::size_t k = 0; k < times; ++k)
                seen.insert(seen.end(), values.begin(), values.end());
        };
        add(eigenvalues(jacobian(small)), 1);
        const auto k = static_cast<Index>(full->cell_states());
        for (std::size_t g = 0; g < 3; ++g) {
            MatrixXd within(k, k);
            small.model->within(small.x, small.p, g, view(within));
            add(eigenvalues(within), groups.groups[g].size() - 1);
        }
        const auto values = eigenvalues(jacobian(whole));
        const Eigen::Map<const Eigen::VectorXcd> all(values.data(),
                                                     static_cast<Index>(values.size()));
        REQUIRE(seen.size() == static_cast<std::size_t>(all.size()));
        for (const auto& value : seen) CHECK((all.array() - value).abs().minCoeff() < 1e-12);
        std::complex<double> sum = 0;  // and none is missing
        for (const auto& value : seen) sum += value;
        CHECK(std::abs(sum - all.sum()) < 1e-12);
    }
}

TEST_CASE("loads of all members sum to one, however large the scores", "[model][cells]") {
    const auto model = expert_feedback(softmax_loads(5))->regrouped(split(one_group(5), 0, 2));
    const std::vector<double> p{1, 1, 1, 0, 0};
    const std::vector<double> s{GENERATE(-800.0, 0.0, 3.0, 800.0), 0.5};
    std::vector<double> loads(2);
    model->loads(view(s), view(p), loads);
    CHECK_THAT(2 * loads[0] + 3 * loads[1], WithinAbs(1, 1e-15));
}

TEST_CASE("coarsest groups join the experts with equal bias", "[model][cells]") {
    problem at = with_defaults(expert_feedback(softmax_loads(5)));
    CHECK(coarsest_groups(at, {}) == one_group(5));
    at.set("bias_3", 0.25);
    at.set("bias_5", 0.25);
    CHECK(coarsest_groups(at, {}) == grouping{{{0, 1, 3}, {2, 4}}});
    const std::vector<std::size_t> apart{at.index_of("bias_2")};
    CHECK(coarsest_groups(at, apart) == grouping{{{0, 3}, {1}, {2, 4}}});
    const auto few = regrouped(at, coarsest_groups(at, apart));
    CHECK(few.parameters == std::vector<double>{1, 1, 1, 0, 0, 0.25});
    CHECK(few.model->parameters()[4].name == "bias_2");
    CHECK(few.model->state_names()[2] == "s_3");
}

TEST_CASE("the closed-form curvature is the one from lines", "[model][cells][oracle]") {
    const auto loads = GENERATE(softmax_loads(6), exact_k_loads(6, 2),
                                subset_loads(std::vector<double>(6), 6, 1, 3));
    auto s = random_sample(expert_feedback(loads), 11);
    if (GENERATE(false, true)) s = random_sample(s.model->regrouped(split(one_group(6), 0, 2)), 12);
    CAPTURE(loads->name(), s.x.size());
    const auto n = static_cast<Index>(s.x.size());
    const VectorXd w = VectorXd::Random(n), v = VectorXd::Random(n);
    const std::vector<std::size_t> free{0, 1, 2, 3};  // feedback, decay, beta, a bias
    VectorXd closed(n + 4), lines(n + 4);

    s.model->curvature(view(s.x), view(s.p), free, view(w), view(v), view(closed));
    s.model->field::curvature(view(s.x), view(s.p), free, view(w), view(v), view(lines));

    CHECK((closed - lines).norm() < 1e-14 * (1 + lines.norm()));  // sums of a few products
}

TEST_CASE("no expert rests at a score that only a larger share could hold", "[model][cells]") {
    // of two experts for each token none gets more than half of all assignments
    auto at = with_defaults(expert_feedback(exact_k_loads(4, 2)));
    at.set("feedback", 12);
    std::array<double, 4> scores{};
    const auto rest_at = [&](std::array<double, 4> loads) {
        REQUIRE(at.model->rest(loads, at.parameters, scores));
        return scores;
    };
    CHECK(rest_at({1, 0, 0, 0}) == std::array<double, 4>{6, 2, 2, 2});
    CHECK(rest_at({0.5, 0.5, 0, 0}) == std::array<double, 4>{6, 6, 0, 0});
    CHECK(rest_at({0.25, 0.25, 0.5, 0}) == std::array<double, 4>{3, 3, 6, 0});

    auto one = with_defaults(expert_feedback(softmax_loads(4)));
    one.set("feedback", 12);
    REQUIRE(one.model->rest(std::array{1.0, 0.0, 0.0, 0.0}, one.parameters, scores));
    CHECK(scores == std::array<double, 4>{12, 0, 0, 0});
}

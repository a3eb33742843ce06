// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/view.hpp>
#include <moebius/continuation/linear_terms.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <moebius/solve/spectrum.hpp>

#include "catch.hpp"
#include "unit/dense_oracle.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using moebius::linear_terms;
using side = moebius::linear_terms::side;

namespace {

using model_of = std::shared_ptr<const moebius::field> (*)(std::size_t);

std::shared_ptr<const moebius::field> softmax_of(std::size_t n) {
    return moebius::expert_feedback(moebius::softmax_loads(n));
}
std::shared_ptr<const moebius::field> pairs_of(std::size_t n) {
    return moebius::expert_feedback(moebius::exact_k_loads(n, 2));
}
std::shared_ptr<const moebius::field> controlled_of(std::size_t n) {
    return moebius::controlled_feedback(moebius::softmax_loads(n));
}
/// One, two and more experts in a group.
std::shared_ptr<const moebius::field> controlled_groups_of(std::size_t n) {
    moebius::grouping groups;
    std::size_t next = 0;
    for (std::size_t g = 0; g < n; ++g) {
        groups.groups.emplace_back();
        for (std::size_t k = 0; k <= g % 3; ++k) groups.groups.back().push_back(next++);
    }
    return moebius::controlled_feedback(moebius::softmax_loads(next)->regrouped(groups));
}

/// Experts at some point, structured if they are many, and the same by field::linear.
struct instance {
    explicit instance(std::size_t n, model_of made = softmax_of)
        : at(moebius::with_defaults(made(n))),
          terms(*at.model, {0, 2, 3}),
          f(static_cast<Index>(at.model->dimension())),
          fx(f.size(), f.size()),
          fp(f.size(), static_cast<Index>(at.parameters.size())) {
        const VectorXd state = 2 * VectorXd::Random(f.size());
        x.assign(state.begin(), state.end());
        at.parameters[0] = 0.8 * static_cast<double>(n);
        at.parameters[1] = 0.7;
        at.parameters[2] = 1.3;
        terms.evaluate(x, at.parameters);
        at.model->linear(x, at.parameters, moebius::view(f), moebius::view(fx), moebius::view(fp));
    }

    moebius::problem at;
    std::vector<double> x;
    linear_terms terms;
    VectorXd f;
    MatrixXd fx, fp;
};

}  // namespace

TEST_CASE("structured terms are the dense ones", "[continuation][oracle]") {
    const auto [n, made] =
        GENERATE(Catch::Generators::table<std::size_t, model_of>({{5, softmax_of},
                                                                  {8, softmax_of},
                                                                  {50, softmax_of},
                                                                  {20, pairs_of},
                                                                  {50, pairs_of},
                                                                  {5, controlled_of},
                                                                  {30, controlled_of},
                                                                  {20, controlled_groups_of}}));
    const instance here(n, made);

    REQUIRE(here.terms.is_structured());
    CHECK(here.terms.spectrum_is_real() == (here.f.size() == static_cast<Index>(n)));
    const double rounding = 1e-14 * here.fx.norm();  // sums of a few products
    CHECK((here.terms.jacobian() - here.fx).norm() <= rounding);
    CHECK_THAT(here.terms.jacobian_norm(), WithinRel(here.fx.norm(), 1e-12));
    CHECK((here.terms.f() - here.f).norm() <= rounding);
    for (const auto& [k, p] : {std::pair{0, 0}, {1, 2}, {2, 3}})
        CHECK((here.terms.by_parameters().col(k) - here.fp.col(p)).norm() <= rounding);
}

TEST_CASE("structured eigenvalues and counts are the dense ones", "[continuation][oracle]") {
    const auto n = static_cast<std::size_t>(GENERATE(5, 17, 120));
    const auto made = GENERATE(as<model_of>(), softmax_of, pairs_of);
    for (int repeat = 0; repeat < 5; ++repeat) {
        const instance here(n, made);
        const auto dense = moebius::eigenvalues(here.fx);
        const auto found = here.terms.stability_here(n);

        REQUIRE(found.leading.size() == n);
        const double rounding = 1e-13 * here.fx.norm();  // of the unsymmetric QR algorithm
        for (std::size_t i = 0; i < n; ++i)
            CHECK_THAT(found.leading[i].real(), WithinAbs(dense[i].real(), rounding));
        CHECK(found.n_unstable ==
              static_cast<std::size_t>(std::count_if(
                  dense.begin(), dense.end(), [](const auto& value) { return value.real() > 0; })));
    }
}

TEST_CASE("bordered solves hold on both sides", "[continuation][oracle]") {
    const auto n = static_cast<std::size_t>(GENERATE(3, 5, 30));  // dense below structured_from
    const auto made =
        GENERATE(as<model_of>(), softmax_of, pairs_of, controlled_of, controlled_groups_of);
    const instance here(n, made);
    const Index m = here.f.size();
    const VectorXd b = VectorXd::Random(m), c = VectorXd::Random(m), r = VectorXd::Random(m + 1);

    for (const auto which : {side::right, side::left}) {
        MatrixXd bordered(m + 1, m + 1);
        bordered << (which == side::right ? here.fx : MatrixXd(here.fx.transpose())), b,
            c.transpose(), 0;
        const VectorXd y = here.terms.bordered_solve(which, b, c, r);
        CHECK((bordered * y - r).norm() <= 1e-13 * (bordered.norm() * y.norm() + r.norm()));
    }
}

TEST_CASE("a linearization of either kind solves the same bordered system",
          "[continuation][oracle]") {
    const auto n = static_cast<std::size_t>(GENERATE(4, 5, 30));
    const auto made =
        GENERATE(as<model_of>(), softmax_of, pairs_of, controlled_of, controlled_groups_of);
    const instance here(n, made);
    const Index m = here.f.size();
    const VectorXd units = (VectorXd(m + 3) << VectorXd::Constant(m, 0.6), 2, 3, 0.5).finished();
    const std::vector<VectorXd> rows{VectorXd::Random(m + 3), VectorXd::Random(m + 3)};
    const VectorXd row = VectorXd::Random(m + 3), b = VectorXd::Random(m + 3);
    const auto df = here.terms.new_linearization();

    here.terms.fill(*df, units, rows);
    df->factor(row);
    VectorXd y = b;
    df->solve_in_place(y);

    MatrixXd full(m + 3, m + 3);
    full << here.fx, here.fp.col(0), here.fp.col(2), here.fp.col(3), rows[0].transpose(),
        rows[1].transpose(), VectorXd::Zero(m + 3).transpose();
    full = full * units.asDiagonal();
    full.row(m + 2) = row.transpose();
    CHECK((full * y - b).norm() <= 1e-13 * (full.norm() * y.norm() + b.norm()));
    // The regularity along the tangent has the determinant's sign.
    const VectorXd t = dense_oracle::null_vector(full.topRows(m + 2));
    full.row(m + 2) = t.transpose();
    CHECK((df->regularity(t) > 0) == (dense_oracle::determinant(full) > 0));
}

TEST_CASE("null vectors of a structured Jacobian are found", "[continuation]") {
    instance here(20);
    // Shifting the decay makes an eigenvalue zero.
    const double top = here.terms.stability_here(1).leading[0].real();
    here.at.parameters[1] += top;
    here.terms.evaluate(here.x, here.at.parameters);
    const auto null = here.terms.null_vectors_here();
    const MatrixXd fx = here.terms.jacobian();

    CHECK((fx * null.right).norm() <= 1e-13 * fx.norm());
    CHECK((null.left.transpose() * fx).norm() <= 1e-13 * fx.norm());
    CHECK_THAT(null.right.norm(), WithinRel(1.0, 1e-14));
}

TEST_CASE("eigenvalues of coupled cells are those of the whole Jacobian",
          "[continuation][oracle]") {
    std::vector<double> logits(5 * 12);
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] = std::fmod(0.618 * static_cast<double>(i), 1.0);
    moebius::grouping uneven{{{0, 1, 2, 3}, {4, 5, 6}, {7}, {8}, {9, 10}, {11}, {12}, {13}, {14}}};
    const auto loads = GENERATE_COPY(
        moebius::softmax_loads(12), moebius::softmax_loads(15)->regrouped(uneven),
        moebius::exact_k_loads(12, 2), moebius::token_softmax_loads(logits, 12),
        moebius::subset_loads(logits, 12, 1, 3));  // the last couple by no symmetric matrix
    const auto at = moebius::with_defaults(moebius::controlled_feedback(loads));
    auto p = at.parameters;
    p[0] = 7;    // feedback
    p[3] = 0.5;  // gain
    p[4] = 0.1;  // leak
    linear_terms terms(*at.model, {0});
    for (int repeat = 0; repeat < 5; ++repeat) {
        const VectorXd state = 2 * VectorXd::Random(static_cast<Index>(at.model->dimension()));
        REQUIRE(terms.evaluate({state.begin(), state.end()}, p));
        const auto found = terms.spectrum();
        auto whole = moebius::eigenvalues(terms.jacobian());

        CAPTURE(at.model->name(), loads->groups().size(), repeat);
        REQUIRE(found.size() == whole.size());
        for (const auto& value : found) {
            const auto nearest = std::min_element(whole.begin(), whole.end(), [&](auto l, auto r) {
                return std::abs(l - value) < std::abs(r - value);
            });
            // next to a double one they are known to half the digits
            CHECK(std::abs(*nearest - value) < 1e-6 * terms.jacobian_norm());
            whole.erase(nearest);
        }
    }
}

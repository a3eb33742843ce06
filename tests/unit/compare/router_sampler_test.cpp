// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <cmath>
#include <memory>
#include <moebius/base/error.hpp>
#include <moebius/compare/router_sampler.hpp>
#include <moebius/router/registry.hpp>
#include <vector>

using namespace moebius;

namespace {

/// A router on tokens, and the branch that its mean load has.
struct known_branch {
    std::shared_ptr<const token_source> source;
    std::shared_ptr<const router> made;
    std::shared_ptr<const load_response> response;
    std::size_t experts;

    known_branch(std::string_view name, std::size_t n, std::vector<double> logits,
                 const router_settings& settings = {})
        : source(logits.empty() ? no_tokens(n) : stored_tokens(logits, n)),
          made(make_router(name, 1, noise_law::gumbel, settings)),
          experts(n) {
        if (logits.empty()) logits.assign(n, 0.0);
        response = made->mean_load(logits, n);
    }

    [[nodiscard]] double gap(double lead) const {
        std::vector<double> scores(experts, -lead / static_cast<double>(experts)), p(experts);
        scores[0] += lead;
        response->loads(scores, 1, p);
        return p[0] - (1 - p[0]) / static_cast<double>(experts - 1);
    }
    [[nodiscard]] double feedback(double lead) const { return lead / gap(lead); }

    /// The lead in (low, high) at which feedback is least, by thirds.
    [[nodiscard]] double turn(double low, double high) const {
        for (int i = 0; i < 100; ++i) {
            const double a = low + (high - low) / 3, b = high - (high - low) / 3;
            (feedback(a) < feedback(b) ? high : low) = feedback(a) < feedback(b) ? b : a;
        }
        return (low + high) / 2;
    }
};

measured_branch follow(const known_branch& of, double to, const held_loop_options& how = {}) {
    measured_options options;
    options.experts = of.experts;
    options.to = to;
    return follow_measured(sample_router(of.source, of.made, how), options);
}

/// Points and folds of the measured branch against the computed one.
/// @param turns  whether the branch has a fold between leads of .5 and 5
void check_branch(const known_branch& of, double to, bool turns) {
    const auto found = follow(of, to, {.tokens = 512, .batches = 32});
    CHECK(found.arrived);
    REQUIRE(found.points.size() > 8);
    double squares = 0;
    for (const auto& point : found.points) {
        CAPTURE(point.lead, point.feedback, of.feedback(point.lead));
        const double z = (point.gap - of.gap(point.lead)) / point.gap_error;
        CHECK(std::abs(z) < 4.5);
        squares += z * z;
    }
    // neighbours share samples: some third of the points are independent
    const auto n = static_cast<double>(found.points.size());
    CHECK(squares / n < 1 + 3 * std::sqrt(2 / (n / 3)));
    REQUIRE(found.folds.size() == (turns ? 1 : 0));
    if (!turns) return;
    const double lead = of.turn(0.5, 5);
    CHECK(std::abs(found.folds[0].feedback - of.feedback(lead)) <
          3.5 * found.folds[0].feedback_error);
    CHECK(std::abs(found.folds[0].lead - lead) < 4 * found.folds[0].lead_error);
    CHECK(found.folds[0].feedback_error < 0.02 * found.folds[0].feedback);
    // the part that no free run stays on
    CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const auto& point) {
        return point.lead < lead && point.growth > 2 * point.growth_error;
    }));
    CHECK(found.points.back().growth < 0);
}

}  // namespace

TEST_CASE("a measured branch of two experts is the computed one", "[measured]") {
    check_branch({"top-1", 2, {}}, 5, false);
    check_branch({"top-1", 2, {1.6, -1.6, -1.6, 1.6}}, 7, true);  // margins +-3.2: subcritical
}

TEST_CASE("a measured branch of eight experts is the computed one, with its fold", "[measured]") {
    const known_branch top1("top-1", 8, {});
    check_branch(top1, 5, true);
    CHECK(top1.feedback(top1.turn(0.5, 5)) ==
          Approx(4.249799008647894));  // docs/theory.md section 3
    check_branch({"probmoe-exact-k", 8, {}, {{"k", "2"}}}, 4, true);
    check_branch({"top-k", 8, {}, {{"k", "2"}}}, 4, true);
}

TEST_CASE("held loops are the same for any number of threads", "[measured]") {
    const known_branch of("top-1", 8, {});
    const auto one = follow(of, 3, {.batches = 8, .threads = 1});
    const auto three = follow(of, 3, {.batches = 8, .threads = 3});
    REQUIRE(one.points.size() == three.points.size());
    for (std::size_t i = 0; i < one.points.size(); ++i)
        CHECK(one.points[i].feedback == three.points[i].feedback);
}

TEST_CASE("noise alone makes no fold, and what is not seen is refused", "[measured][error]") {
    const known_branch two("top-1", 2, {});
    CHECK(follow(two, 3, {.tokens = 256, .batches = 16}).folds.empty());
    CHECK_THROWS_AS(follow(two, 40, {.tokens = 64, .batches = 4}), invalid_argument);
    CHECK_THROWS_AS(sample_router(nullptr, two.made), invalid_argument);
    CHECK_THROWS_AS(follow(two, 0.2), invalid_argument);  // ends before it begins
}

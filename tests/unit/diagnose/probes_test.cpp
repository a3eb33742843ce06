// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <catch.hpp>
#include <moebius/base/error.hpp>
#include <moebius/diagnose/leading_level.hpp>
#include <moebius/diagnose/probes.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

TEST_CASE("a dither tells the slope of loads on scores, though the gate moves",
          "[diagnose][oracle]") {
    std::mt19937_64 random(5);
    std::uniform_int_distribution<int> coin(0, 1);
    std::normal_distribution<double> noise;
    const std::size_t n = 8;
    dither_slope probe(n);
    std::vector<double> gate(n, 0.0);
    for (int t = 0; t < 800; ++t) {
        std::vector<double> dither(n), scores(n);
        for (std::size_t e = 0; e < n; ++e) {
            gate[e] += 0.01 * noise(random);  // .28 after 800 steps
            dither[e] = coin(random) ? 0.1 : -0.1;
            scores[e] = gate[e] + dither[e];
        }
        probe.take(shares_of(drawn(scores, 1024, random)), dither);
    }
    const auto slope = probe.slope();
    REQUIRE(slope);
    CHECK(slope->error < 0.02 / 8);
    // softmax about loads of 1/8 (1 +- .2) has the mean slope 1/8 less some 3 %
    CHECK_THAT(slope->value, WithinRel(1.0 / 8, 0.06));
}

TEST_CASE("no direction has more than tokens without preferences would give it", "[diagnose]") {
    dither_slope probe(3);
    const std::vector<double> loads{0.5, 0.25, 0.25}, dither{0.1, -0.1, 0.1};
    for (int t = 0; t < 3; ++t) probe.take(loads, dither);
    CHECK_THAT(probe.most(2, 1), WithinRel(2 * 3.0 / 8, 1e-12));  // as below
    CHECK_THAT(probe.most(2, 2), WithinRel(2 * 2 * 0.25 * (1 - 2 * 0.25), 1e-12));
}

TEST_CASE("a dither alone calls no loop safe whose leading gain may be past the fold",
          "[diagnose]") {
    const double prefers = GENERATE(0.0, 2.5);  // of each token, one of the experts
    auto head = head_of(8, prefers > 0 ? 6 : 2);
    layer_margin watch(head);
    std::mt19937_64 random(8);
    std::vector<double> dither(8), scores(8), counts(8);
    for (std::int64_t t = 0; t < 1000; ++t) {
        for (double& one : dither) one = random() % 2 ? 0.1 : -0.1;
        std::fill(counts.begin(), counts.end(), 0.0);
        for (std::size_t kind = 0; kind < 8; ++kind) {
            scores = dither;
            scores[kind] += prefers;
            const auto some = drawn(scores, 64, random);
            for (std::size_t e = 0; e < 8; ++e) counts[e] += some[e];
        }
        watch.take({t, 0, counts, {}, dither, {}});
    }
    const auto told = watch.result();
    CAPTURE(told.reason);
    REQUIRE(told.feedback);
    CHECK(told.feedback->value < told.limits->fold);
    CHECK(told.verdict == (prefers > 0 ? load_verdict::cannot_tell : load_verdict::safe));
    CHECK_THAT(told.feedback->high, WithinRel(*head.feedback, 0.1));
}

TEST_CASE(
    "a dither that loads know nothing of tells no threshold, and one that they answer its error",
    "[diagnose]") {
    const double answered = GENERATE(0.0, 1.0);
    log_head head;
    head.experts = 8;
    layer_margin watch(head);
    std::mt19937_64 random(8);
    std::vector<double> dither(8), scores(8);
    for (std::int64_t t = 0; t < 900; ++t) {
        for (std::size_t e = 0; e < 8; ++e)
            scores[e] = answered * (dither[e] = random() % 2 ? 0.1 : -0.1);
        const auto counts = drawn(scores, 512, random);
        watch.take({t, 0, counts, {}, dither, {}});
    }
    const auto got = watch.result();
    CAPTURE(got.notes);
    CHECK(notes_hold(got, "it tells no K and no threshold") == (answered == 0));
    CHECK(notes_hold(got, "so that equal loads are lost at feedback/decay = ") == (answered > 0));
}

TEST_CASE("moments of the router's shares give the largest slope", "[diagnose]") {
    // all tokens alike: J = beta (diag p - p p^T) of p = (1/2, 1/4, 1/4), whose eigenvalues on sums
    // of zero are 1/4 (between the alike) and 3/8
    const std::vector<double> p{0.5, 0.25, 0.25};
    std::vector<double> moments;
    for (const double a : p)
        for (const double b : p) moments.push_back(100 * a * b);
    moment_slope probe(3, 2);
    CHECK_FALSE(probe.slope());
    for (int t = 0; t < 50; ++t) probe.take(moments);
    CHECK_THAT(probe.slope()->value, WithinRel(2 * 3.0 / 8, 1e-12));
    // a steady drift to p = (3/5, 1/5, 1/5) in 300 steps leaves no lag: eigenvalue 3 p (1 - p)/2
    double first = 0.5;
    for (int t = 0; t < 300; ++t) {
        first += 0.1 / 300;
        const std::vector<double> now{first, (1 - first) / 2, (1 - first) / 2};
        moments.clear();
        for (const double a : now)
            for (const double b : now) moments.push_back(100 * a * b);
        probe.take(moments);
    }
    // its bend is 6 (.1/300)^2 a step^2, over 50^2 steps .0017; the plain mean lags by .01
    CHECK_THAT(probe.slope()->value, WithinAbs(2 * 1.5 * first * (1 - first), 0.002));
    CHECK_THROWS_AS(moment_slope(3, 0), invalid_argument);
    CHECK_THROWS_AS(moment_slope(1, 1), invalid_argument);
}

TEST_CASE("a course is known to its error, whether it rests, drifts or wanders",
          "[diagnose][oracle]") {
    struct course {
        double trend, wander;  // of a step, where the noise of a number is 1
        double best;           // error of the filter that knows both, of the number behind 600
    };
    const auto at = GENERATE(course{0, 0, 0.041}, course{0.01, 0, 0.082}, course{0, 0.03, 0.174},
                             course{0, 0.1, 0.324}, course{0, 1, 1.272}, course{0, 3, 3.148});
    std::mt19937_64 random(11);
    std::normal_distribution<double> noise;
    const int runs = 400;
    int held = 0;
    double mean_error = 0;
    for (int r = 0; r < runs; ++r) {
        drifting_level level;
        CHECK_FALSE(level.now());
        double truth = 3;
        for (int t = 0; t < 600; ++t) {
            level.take(truth + noise(random));
            truth += at.trend + at.wander * noise(random);
        }
        const auto now = level.now();
        held += std::abs(now->value - truth) < 1.645 * now->error;
        mean_error += now->error / runs;
    }
    INFO("trend " << at.trend << " wander " << at.wander << " held " << held);
    CHECK(held >= 0.85 * runs);   // .90 has a standard error of .015
    CHECK(held <= 0.995 * runs);  // more, as how fast it moves is not known
    CHECK(mean_error < 3 * at.best);
}

TEST_CASE("a direction that was fitted to noise does not make the slope less",
          "[diagnose][oracle]") {
    // tokens of 64 kinds, 8 of them a step: what is known of the leading direction costs three
    // times the error that the mean of the runs has
    constexpr int n = 4, kinds = 64, batch = 8, runs = 400;
    std::mt19937_64 random(17);
    std::normal_distribution<double> logit;
    Eigen::MatrixXd p(n, kinds);
    for (double& one : p.reshaped()) one = std::exp(logit(random));
    p.array().rowwise() /= p.colwise().sum().array().eval();
    const Eigen::MatrixXd J =
        Eigen::MatrixXd(p.rowwise().mean().asDiagonal()) - p * p.transpose() / kinds;
    const double truth = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(J).eigenvalues().maxCoeff();
    std::uniform_int_distribution<int> kind(0, kinds - 1);
    double sum = 0, squares = 0;
    for (int run = 0; run < runs; ++run) {
        moment_slope probe(n, 1);
        for (int t = 0; t < 400; ++t) {
            Eigen::MatrixXd moments = Eigen::MatrixXd::Zero(n, n);
            for (int token = 0; token < batch; ++token) {
                const Eigen::VectorXd one = p.col(kind(random));
                moments += one * one.transpose();
            }
            probe.take({moments.data(), n * n});
        }
        const double off = probe.slope()->value - truth;
        sum += off / runs;
        squares += off * off / runs;
    }
    const double error = std::sqrt((squares - sum * sum) / runs);
    INFO("truth " << truth << " bias " << sum << " its error " << error);
    CHECK(std::abs(sum) < 3 * error);
}

namespace {

/// (n, kinds) shares of each kind of token.
Eigen::MatrixXd shares_of(const Eigen::MatrixXd& logits, const Eigen::VectorXd& scores) {
    Eigen::MatrixXd p = (logits.colwise() + scores).array().exp();
    p.array().rowwise() /= p.colwise().sum().array().eval();
    return p;
}

double largest_slope(const Eigen::MatrixXd& p) {
    const Eigen::MatrixXd J = Eigen::MatrixXd(p.rowwise().mean().asDiagonal()) -
                              p * p.transpose() / static_cast<double>(p.cols());
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(J).eigenvalues().maxCoeff();
}

}  // namespace

TEST_CASE("what a dither makes of the moments is no noise", "[diagnose][oracle]") {
    // every step has all 64 kinds of tokens, so that a dither of .1 alone moves its moments
    constexpr int n = 8, kinds = 64, steps = 400;
    const bool known = GENERATE(true, false);
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal;
    Eigen::MatrixXd logits(n, kinds);
    for (double& one : logits.reshaped()) one = 0.5 * normal(random);
    moment_slope probe(n, 1);
    Eigen::VectorXd dither(n);
    double truth = 0;
    for (int t = 0; t < steps; ++t) {
        for (double& one : dither) one = random() % 2 ? 0.1 : -0.1;
        const auto p = shares_of(logits, dither);
        const Eigen::MatrixXd moments = p * p.transpose();
        const std::span<const double> seen(moments.data(), n * n);
        known ? probe.take(seen, {dither.data(), n}) : probe.take(seen);
        truth += (largest_slope(shares_of(logits, 0 * dither)) - truth) / (t + 1);
    }

    const auto slope = probe.slope();

    CHECK_THAT(slope->value, WithinRel(truth, 0.01));
    if (known)
        CHECK(slope->error < 0.002 * truth);  // its second order is left, .1^2 of some .1
    else
        CHECK(slope->error > 0.004 * truth);  // as of noise
}

TEST_CASE("the leading direction is followed where it turns within few steps",
          "[diagnose][oracle]") {
    // J = 1/8 + .004 of a symmetric matrix of noise that forgets in 10 steps: soon another
    // direction leads, which no mean over 50 steps finds
    constexpr Eigen::Index n = 8;
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    const auto drawn = [&](double size) -> Eigen::MatrixXd {
        Eigen::MatrixXd out(n, n);
        for (double& one : out.reshaped()) one = size * normal(random);
        return (out + out.transpose()) / 2;
    };
    const double kept = std::exp(-1.0 / 10);
    const int runs = 200;
    int held = 0, slow_held = 0;
    double bias = 0, slow_bias = 0;
    for (int run = 0; run < runs; ++run) {
        Eigen::MatrixXd moved = drawn(0.004);
        const auto next = [&] {
            moved = kept * moved + drawn(0.004 * std::sqrt(1 - kept * kept));
            return Eigen::MatrixXd(Eigen::MatrixXd::Identity(n, n) / 8 + moved);
        };
        leading_level slow(n, 50), fast(n, 5);
        for (int t = 0; t < 400; ++t) {
            const Eigen::MatrixXd seen = next() + drawn(0.002);
            slow.take(seen);
            fast.take(seen);
        }
        CHECK(fast.merit() > slow.merit());
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> behind(next());
        const double truth = behind.eigenvalues().maxCoeff();
        const auto now = fast.now(), late = slow.now();
        held += std::abs(now->value - truth) < 1.645 * now->error;
        slow_held += std::abs(late->value - truth) < 1.645 * late->error;
        bias += (now->value / truth - 1) / runs;
        slow_bias += (late->value / truth - 1) / runs;
    }
    INFO("held " << held << " bias " << bias << " slow " << slow_held << " " << slow_bias);
    CHECK(held > 2 * slow_held);  // .80 and .34: what turns between two steps is not in the error
    CHECK(std::abs(bias) < 0.01);
}

TEST_CASE("scores that never change are not read as a controller", "[diagnose]") {
    const bool moves = GENERATE(false, true);
    score_slope probe(4);
    std::mt19937_64 random(9);
    std::vector<double> scores{0.3, -0.1, 0, -0.2};
    for (int t = 0; t < 400; ++t) {
        const auto shares = shares_of(drawn(scores, 1024, random));
        probe.take(shares, scores);
        for (std::size_t e = 0; moves && e < scores.size(); ++e)
            scores[e] -= 0.02 * (shares[e] - 0.25);
    }
    CHECK(probe.slope().has_value() == moves);
}

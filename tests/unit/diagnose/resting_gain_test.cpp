// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/diagnose/resting_gain.hpp>

#include "runs.hpp"

using namespace moebius;
using namespace diagnose_runs;

namespace {

constexpr std::size_t experts = 4;

/// Logits of tokens that together treat all experts alike: each row with all its permutations, so
/// that no direction of loads leads. Shape: (rows 24, experts).
std::vector<std::array<double, experts>> alike_tokens(std::size_t rows, double width) {
    std::mt19937_64 random(3);
    std::normal_distribution<double> logit;  // a width of 0 is none of its own
    std::vector<std::array<double, experts>> out;
    for (std::size_t r = 0; r < rows; ++r) {
        std::array<double, experts> row;
        for (double& one : row) one = width * logit(random);
        std::sort(row.begin(), row.end());
        do out.push_back(row);
        while (std::next_permutation(row.begin(), row.end()));
    }
    return out;
}

std::array<double, experts> softmax(std::array<double, experts> logits,
                                    const std::vector<double>& scores) {
    double sum = 0;
    for (std::size_t e = 0; e < experts; ++e) sum += logits[e] = std::exp(logits[e] + scores[e]);
    for (double& one : logits) one /= sum;
    return logits;
}

/// (trace J)/(E - 1) over all tokens, at equal scores.
double gain_of(const std::vector<std::array<double, experts>>& tokens) {
    double sum = 0;
    for (const auto& row : tokens)
        for (const double p : softmax(row, std::vector<double>(experts, 0.0))) sum += p * p;
    return (1 - sum / static_cast<double>(tokens.size())) / (experts - 1);
}

/// K of a loop whose gate rests, from 800 records with moments.
layer_diagnosis moments_diagnosis(const std::vector<std::array<double, experts>>& tokens, double K,
                                  std::uint64_t seed) {
    constexpr double step = 0.02;
    constexpr std::size_t batch = 64, settle = 400, steps = 800;
    log_head head;
    head.experts = experts;
    head.top_k = head.decay = head.beta = 1;
    head.rate = step;
    head.feedback = K;
    head.balancer = "feedback";
    layer_margin layer(head);
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::size_t> token(0, tokens.size() - 1);
    std::vector<double> scores(experts, 0.0), counts(experts), moments(experts * experts);
    for (std::size_t t = 0; t < settle + steps; ++t) {
        std::fill(counts.begin(), counts.end(), 0);
        std::fill(moments.begin(), moments.end(), 0);
        for (std::size_t b = 0; b < batch; ++b) {
            const auto p = softmax(tokens[token(random)], scores);
            ++counts[std::discrete_distribution<std::size_t>(p.begin(), p.end())(random)];
            for (std::size_t i = 0; i < experts; ++i)
                for (std::size_t j = 0; j < experts; ++j) moments[i * experts + j] += p[i] * p[j];
        }
        load_record record{static_cast<std::int64_t>(t), 0, counts, {}, {}, moments};
        if (t >= settle) layer.take(record);
        for (std::size_t e = 0; e < experts; ++e)
            scores[e] += step * (K * counts[e] / batch - scores[e]);
    }
    return layer.result();
}

}  // namespace

TEST_CASE("moments of a gate without features tell K exactly, though its scores wander",
          "[diagnose][oracle]") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto got = moments_diagnosis(alike_tokens(1, 0), 2, seed);
        CAPTURE(seed, got.reason);
        REQUIRE(got.feedback);
        // the largest eigenvalue where the scores are is 1 to 3 % more
        CHECK_THAT(got.feedback->value, WithinRel(2, 1e-9));
        CHECK((got.feedback->low <= 2 && 2 <= got.feedback->high));
    }
}

TEST_CASE("moments of gates that rest hold the gain at equal loads in 9 of 10 intervals",
          "[diagnose][oracle]") {
    const auto tokens = alike_tokens(20, 1);
    const double truth = 2 * gain_of(tokens) * experts;
    int held = 0;
    const int runs = 60;
    for (int run = 0; run < runs; ++run) {
        const auto got = moments_diagnosis(tokens, 2, 100 + static_cast<std::uint64_t>(run));
        REQUIRE(got.feedback);
        CHECK_THAT(got.feedback->value, WithinRel(truth, 0.05));  // what is demanded
        held += got.feedback->low <= truth && truth <= got.feedback->high;
    }
    CHECK(held >= 47);  // of .9: quantile .005
}

TEST_CASE("a gain at rest has the error of the mean", "[diagnose]") {
    std::mt19937_64 random(5);
    std::normal_distribution<double> noise;
    resting_gain gain;
    for (int t = 0; t < 4000; ++t) {
        CHECK(gain.now().has_value() == (t >= 160));
        gain.take(0.25 + 0.01 * noise(random));
    }
    CHECK_THAT(gain.now()->error, WithinRel(0.01 / std::sqrt(4000.0), 0.15));  // 3/sqrt(800)
    CHECK_THAT(gain.now()->value, WithinAbs(0.25, 4 * 0.01 / std::sqrt(4000.0)));
}

TEST_CASE("a direction that leads is told from one that seems to", "[diagnose]") {
    std::mt19937_64 random(5);
    std::normal_distribution<double> noise;
    for (const double lead : {0.0, 0.02}) {
        leading_gain look;
        double off = 0;
        for (int t = 0; t < 300; ++t) {
            CHECK((t >= 128 || !look.none()));
            off = 0.99 * off + 0.002 * noise(random);  // of scores that remember
            look.take(lead + off + 0.01 * noise(random), off, 0.25);
        }
        CHECK(look.none() == (lead == 0));
    }
}

TEST_CASE("gates that grow surer, all experts alike, are not at rest", "[diagnose]") {
    const double growth = GENERATE(0.0, 0.5);
    std::mt19937_64 random(7);
    std::normal_distribution<double> logit;
    constexpr int experts = 4, tokens = 512, steps = 400;
    moment_slope probe(experts, 1);
    for (int t = 0; t < steps; ++t) {
        const double scale = 1 + growth * t / steps;
        Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(experts, experts);
        for (int i = 0; i < tokens; ++i) {
            Eigen::Vector<double, experts> p;
            for (double& one : p) one = std::exp(scale * logit(random));
            p /= p.sum();
            sum += p * p.transpose();
        }
        probe.take({sum.data(), static_cast<std::size_t>(sum.size())});
    }
    const auto now = probe.slope(), rest = probe.at_rest();
    REQUIRE(now);
    CHECK(rest.has_value() == (growth == 0));  // at .5 the mean of all steps is 10 % too much
}

TEST_CASE("few tokens that scatter scores far leave gates at rest", "[diagnose][oracle]") {
    // scores scatter by .02: the leading direction gains some 4 % more where they are
    constexpr std::size_t n = 8;
    const double K = 4;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        log_head head;
        head.experts = n;
        head.top_k = head.decay = head.beta = 1;
        head.rate = 0.05;
        head.feedback = K;
        head.balancer = "feedback";
        layer_margin layer(head);
        std::mt19937_64 random(seed);
        std::vector<double> scores(n, 0.0), moments(n * n);
        for (std::int64_t t = 0; t < 1000; ++t) {
            const auto counts = drawn(scores, 256, random);
            double sum = 0;
            for (const double s : scores) sum += std::exp(s);
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    moments[i * n + j] = 256 * std::exp(scores[i] + scores[j]) / (sum * sum);
            if (t >= 100) layer.take({t, 0, counts, {}, {}, moments});
            for (std::size_t e = 0; e < n; ++e)
                scores[e] += 0.05 * (K * counts[e] / 256 - scores[e]);
        }
        const auto got = layer.result();
        CAPTURE(seed, got.reason);
        REQUIRE(got.feedback);
        CHECK_THAT(got.feedback->value, WithinRel(K, 1e-9));
    }
}

TEST_CASE("moments of softmax's shares tell no gain of a router of two choices", "[diagnose]") {
    log_head head;
    head.experts = 4;
    head.top_k = 2;
    head.decay = head.beta = 1;
    head.rate = 0.05;
    head.feedback = 2;
    head.balancer = "feedback";
    layer_margin layer(head);
    const std::vector<double> counts{128, 130, 126, 128}, moments(16, 256.0 / 16);
    for (std::int64_t t = 0; t < 300; ++t) layer.take({t, 0, counts, {}, {}, moments});
    const auto got = layer.result();
    CHECK_FALSE(got.feedback);
    CHECK(std::any_of(got.notes.begin(), got.notes.end(), [](const std::string& note) {
        return note.find("not the derivative of the loads") != note.npos;
    }));
}

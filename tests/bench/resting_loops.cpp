// SPDX-License-Identifier: MIT
// How often the 90 % interval of K that `layer_margin` tells holds the K of a simulated loop whose
// gates rest: prints data/results/diagnose-frozen.txt.
//
//   resting_loops EXPERTS TOP_K TOKENS STEPS RUNS SHARE CONTROLLER GAIN STEP_KNOWN
//                 [FIRST_SEED [RATE FEEDBACK]]
//
// SHARE of the threshold is the true K. CONTROLLER is none, integral or sign; STEP_KNOWN 0 or 1.
// RATE and FEEDBACK are told as so many times the true ones.
#include <fmt/format.h>

#include <algorithm>
#include <boost/random/binomial_distribution.hpp>
#include <cmath>
#include <cstdlib>
#include <moebius/diagnose/margin.hpp>
#include <moebius/exact/n_expert.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr double step = 0.05;

struct loop {
    std::size_t experts, top_k, tokens, steps;
    double K;
    std::string controller;
    double gain;
    bool step_known;
    double rate_told = 1, feedback_told = 1;
};

/// Choices that each expert gets of the tokens, each of which takes top_k by exact-k: expert after
/// expert, the tokens that have j choices left are parted by a binomial draw.
void draw(const loop& at, const std::vector<double>& scores, std::mt19937_64& random,
          std::vector<double>& counts) {
    const std::size_t n = at.experts, width = at.top_k + 1;
    const double top = *std::max_element(scores.begin(), scores.end());
    std::vector<double> ahead((n + 1) * width,
                              0.0);  // sums over subsets of j of the experts from i on
    ahead[n * width] = 1;
    for (std::size_t i = n; i-- > 0;)
        for (std::size_t j = 0; j < width; ++j)
            ahead[i * width + j] =
                ahead[(i + 1) * width + j] +
                (j ? std::exp(scores[i] - top) * ahead[(i + 1) * width + j - 1] : 0);
    std::vector<long> left(width, 0);
    left.back() = static_cast<long>(at.tokens);
    for (std::size_t i = 0; i < n; ++i) {
        counts[i] = 0;
        for (std::size_t j = 1; j < width; ++j) {
            if (left[j] == 0) continue;
            const double yes = std::exp(scores[i] - top) * ahead[(i + 1) * width + j - 1];
            boost::random::binomial_distribution<long> toss(
                left[j], std::min(yes / ahead[i * width + j], 1.0));
            const long chosen = toss(random);
            counts[i] += static_cast<double>(chosen);
            left[j - 1] += chosen;
            left[j] -= chosen;
        }
    }
}

moebius::log_head head_of(const loop& at) {
    moebius::log_head head;
    head.experts = at.experts;
    head.top_k = static_cast<double>(at.top_k);
    head.tokens = static_cast<double>(at.tokens);
    head.feedback = at.feedback_told * at.K;
    head.decay = head.beta = 1;
    head.gate = "softmax";
    head.balancer = at.controller == "none" ? "feedback" : at.controller;
    if (at.step_known) head.rate = at.rate_told * step;
    if (at.controller == "integral") head.bias_rate = at.gain * step;
    if (at.controller == "sign") head.bias_rate = at.gain;
    return head;
}

std::optional<moebius::margin> fitted(const loop& at, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::size_t n = at.experts, settle = static_cast<std::size_t>(5 / step);
    std::vector<double> z(n, 0.0), b(n, 0.0), scores(n, 0.0), counts(n, 0.0);
    moebius::layer_margin layer(head_of(at));
    moebius::load_record record;
    const double all = static_cast<double>(at.tokens * at.top_k), even = 1 / static_cast<double>(n);
    for (std::size_t t = 0; t < settle + at.steps; ++t) {
        draw(at, scores, random, counts);
        record.step = static_cast<std::int64_t>(t);
        record.loads = counts;
        if (t >= settle) layer.take(record);
        for (std::size_t e = 0; e < n; ++e) {
            const double share = counts[e] / all, off = counts[e] * static_cast<double>(n) - all;
            z[e] += step * (at.K * share - z[e]);
            if (at.controller == "integral") b[e] -= step * at.gain * (share - even);
            if (at.controller == "sign") b[e] -= at.gain * ((off > 0) - (off < 0));
            scores[e] = z[e] + b[e];
        }
    }
    return layer.result().feedback;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 10 && argc != 11 && argc != 13) return 2;
    const auto whole = [&](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
    loop at{whole(1), whole(2), whole(3), whole(4), 0, argv[7], std::atof(argv[8]), whole(9) != 0};
    at.K = std::atof(argv[6]) * moebius::exact::balanced(at.experts, 0, at.top_k).threshold;
    const std::uint64_t first = argc > 10 ? whole(10) : 1000;
    if (argc == 13) at.rate_told = std::atof(argv[11]);
    if (argc == 13) at.feedback_told = std::atof(argv[12]);
    double sum = 0, square = 0, width = 0, told = 0, held = 0;
    for (std::size_t run = 0; run < whole(5); ++run) {
        const auto K = fitted(at, first + run);
        if (!K) continue;
        ++told;
        sum += K->value;
        square += K->value * K->value;
        width += K->high - K->low;
        held += K->low <= at.K && at.K <= K->high;
    }
    const double mean = sum / told;
    fmt::print(
        "{:4} {:2} {:6} {:6} {:9} {:7} {:5} {:8.4g} {:8.4g} {:8.3g} {:8.3g} {:7.3f} {:4}/{}\n",
        at.experts, at.top_k, at.tokens, at.steps, at.controller, at.gain,
        at.step_known ? "known" : "free", at.K, mean,
        std::sqrt(std::max(square / told - mean * mean, 0.0)), width / told, held / told, told,
        whole(5));
}

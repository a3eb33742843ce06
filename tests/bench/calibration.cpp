// SPDX-License-Identifier: MIT
// How often validate disagrees where theory is right, and where it is wrong by so much:
// calibration EXPERTS SEEDS [TRIALS [default]]. Without `default` the runs are short ones.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <moebius/compare/expert_validation.hpp>
#include <moebius/compare/validate.hpp>
#include <numbers>
#include <string>
#include <vector>

using namespace moebius;

namespace {

/// What theory is told, beside what is simulated: beta 1, margin 0, Gumbel noise.
struct mistake {
    double beta = 1, margin = 0;
    noise_law noise = noise_law::gumbel;
};

validate_options short_runs(std::size_t experts) {
    return {.tokens = tokens_for(experts),
            .seeds = 4,
            .levels = 9,
            .ramp = 200,
            .settle = 40,
            .average = 60,
            .members = 64};
}

verdict two_experts(const mistake& wrong, const validate_options& options) {
    const std::vector<double> margins{wrong.margin};
    auto predicted = predict(law_of_margins(margins, wrong.noise), wrong.beta, 1, options);
    const auto measured = measure(no_tokens(2), noise_law::gumbel, 1, 1, predicted.sweeps, options);
    return compare(std::move(predicted), measured, options).overall;
}

verdict many_experts(std::size_t experts, const mistake& wrong, const validate_options& options) {
    auto predicted = predict_experts({experts, 1, wrong.beta}, options);
    const auto measured = measure_experts({experts}, predicted.sweeps, options);
    return compare_experts(std::move(predicted), measured, options).overall;
}

/// Kolmogorov's chance of a larger distance between the values and a uniform law.
/// @source  Press et al., Numerical Recipes, section 14.3 (the factor for few values)
double kolmogorov_p(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto n = static_cast<double>(values.size());
    double distance = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto rank = static_cast<double>(i);
        distance = std::max({distance, values[i] - rank / n, (rank + 1) / n - values[i]});
    }
    const double x = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
    double p = 0;
    for (int k = 1; k < 101; ++k) p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
    return std::clamp(p, 0.0, 1.0);
}

struct tally {
    std::vector<double> p;
    std::size_t rejected = 0, points = 0;
};

tally judge(std::size_t experts, std::size_t seeds, const mistake& wrong,
            validate_options options) {
    tally out;
    for (options.seed = 1; options.seed <= seeds; ++options.seed) {
        const auto v =
            experts == 2 ? two_experts(wrong, options) : many_experts(experts, wrong, options);
        out.p.push_back(v.chi_square_p);
        out.rejected += !v.agrees;
        out.points += v.points;
    }
    return out;
}

void tell(const std::string& what, std::size_t experts, std::size_t seeds, const mistake& wrong,
          const validate_options& options) {
    const auto found = judge(experts, seeds, wrong, options);
    std::printf("N = %zu, %-28s %4zu seeds, %5.1f points, rejected %4zu (%.3f)", experts,
                what.c_str(), seeds, static_cast<double>(found.points) / static_cast<double>(seeds),
                found.rejected, static_cast<double>(found.rejected) / static_cast<double>(seeds));
    if (what == "theory right") std::printf(", Kolmogorov-Smirnov p = %.3g", kolmogorov_p(found.p));
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const auto number = [&](int i, int otherwise) {
        return static_cast<std::size_t>(argc > i ? std::atoi(argv[i]) : otherwise);
    };
    const std::size_t experts = number(1, 2), seeds = number(2, 200), trials = number(3, 20);
    auto options = short_runs(experts);
    if (argc > 4 && std::string(argv[4]) == "default") {
        options = {};
        if (experts > 2) options.tokens = tokens_for(experts);
    }
    if (seeds > 0) tell("theory right", experts, seeds, {}, options);
    if (trials == 0) return 0;
    for (const double error : {0.0025, 0.005, 0.01, 0.02})
        tell("beta off by " + std::to_string(100 * error).substr(0, 4) + " %", experts, trials,
             {.beta = 1 + error}, options);
    if (experts > 2) return 0;
    for (const double margin : {0.0025, 0.005, 0.01, 0.02})
        tell("bias off by " + std::to_string(margin).substr(0, 6), experts, trials,
             {.margin = margin}, options);
    tell("gaussian noise of equal slope", experts, trials,
         {.beta = std::sqrt(std::numbers::pi) / 2, .noise = noise_law::gaussian}, options);
}

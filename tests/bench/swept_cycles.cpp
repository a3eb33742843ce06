// SPDX-License-Identifier: MIT
// swept_cycles [TOKENS [STEP_OF_FEEDBACK]]: a hard top-1 loop of eight alike experts under the
// integral controller (gain .02, leak 0), its feedback swept up from balance and down from the
// cycle on which the experts collapse in turn, beside the Hopf point and the fold of cycles of the
// equations. Not timed: its output is kept in data/results/swept-cycles.txt.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <moebius/simulate/tossed_loop.hpp>

namespace {

constexpr std::size_t experts = 8;
constexpr double gain = 0.02, step = 0.05;
constexpr double hold = 2500;           // five periods of the cycle at its fold
constexpr double fold = 4.60720457837;  // data/results/folds-of-cycles.txt
constexpr double onset =
    experts + gain * (1 - step);   // determinant 1 of the map in docs/theory.md section 5
constexpr double collapsed = 0.5;  // a load that balance never has: noise is .003 at 1,024 tokens

/// Largest load in the second half of a hold.
double largest_load(moebius::tossed_loop& loop, double feedback) {
    const moebius::feedback_rule rule{
        .feedback = feedback, .step = step, .controller = {moebius::control_law::integral, gain}};
    const auto batches = static_cast<int>(hold / step);
    double most = 0;
    for (int batch = 0; batch < batches; ++batch) {
        const auto loads = loop.advance(rule);
        if (batch >= batches / 2) most = std::max(most, *std::ranges::max_element(loads));
    }
    return most;
}

/// Ten times as far where neither the fold nor the onset is near.
double next(double feedback, double by) {
    const double near = 12 * std::abs(by);
    return feedback +
           (std::min(std::abs(feedback - fold), std::abs(feedback - onset)) > near ? 10 * by : by);
}

/// Sweeps until the loop changes sides, and says between which feedbacks it did.
void sweep(double from, double by, double to, std::size_t tokens, std::vector<double> scores) {
    moebius::tossed_loop loop({.experts = experts, .tokens = tokens}, std::move(scores));
    const bool began = largest_load(loop, from) > collapsed;
    std::printf("  %s from %g, %s: ", by > 0 ? "up" : "down", from,
                began ? "collapsing in turn" : "balanced");
    for (double feedback = from; (feedback - to) * by <= 0; feedback = next(feedback, by)) {
        const double most = largest_load(loop, feedback);
        if ((most > collapsed) == began) continue;
        std::printf("%s at %.3f (largest load %.3f)\n", began ? "balanced" : "collapsing in turn",
                    feedback, most);
        return;
    }
    std::printf("no change until %g\n", to);
}

}  // namespace

int main(int count, char** words) try {
    const std::size_t tokens = count > 1 ? std::strtoull(words[1], nullptr, 10) : 4096;
    const double by = count > 2 ? std::strtod(words[2], nullptr) : 0.02;
    std::printf(
        "N = %zu, gain %g, step %g, batches of %zu tokens, held for %g at each feedback, %g apart "
        "near fold and onset\n"
        "the equations: fold of cycles at %.4f; onset of the rule at %.4f\n",
        experts, gain, step, tokens, hold, by, fold, onset);
    std::fflush(stdout);
    sweep(onset + 0.2, -by, fold - 0.25, tokens, {5, 0, 0, 0, 0, 0, 0, 0});
    std::fflush(stdout);
    sweep(onset - 1, by, onset + 0.5, tokens, {});
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

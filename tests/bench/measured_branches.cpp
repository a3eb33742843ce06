// SPDX-License-Identifier: MIT
// Measured branches of every router's closed loop beside the computed ones, and the tokens that a
// point of them costs beside those of a sweep: data/results/measured-branches.txt.
// measured_branches branches SEEDS [ROUTER [FIRST]] | measured_branches cost BLOCKS
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <moebius/base/random.hpp>
#include <moebius/compare/router_sampler.hpp>
#include <string_view>
#include <vector>

#include "known_branch.hpp"

using namespace moebius;

namespace {

/// Of two experts; eight have twice the batches, as a load of 1/8 is known less well.
constexpr held_loop_options held{.tokens = 1024, .batches = 64};

held_loop_options held_for(const known_branch& of, std::uint64_t seed) {
    auto out = held;
    out.batches *= of.experts == 2 ? 1 : 2;
    out.seed = seed;
    return out;
}

measured_branch follow(const known_branch& of, std::uint64_t seed) {
    measured_options options;
    options.experts = of.experts;
    options.bias = of.bias;
    options.from = of.from;
    options.to = of.to;
    options.mean_spread = of.mean_spread;
    return follow_measured(sample_router(of.source, of.made, held_for(of, seed)), options);
}

struct scores_of_z {
    double squares = 0, worst = 0;
    std::size_t count = 0;

    void add(double z) {
        squares += z * z;
        worst = std::max(worst, std::abs(z));
        ++count;
    }
};

void tell_folds(const known_branch& of, const std::vector<measured_branch>& runs) {
    const auto turns = of.turns();
    for (std::size_t i = 0; i < turns.size(); ++i) {
        scores_of_z z;
        double mean = 0, error = 0;
        for (const auto& run : runs) {
            if (run.folds.size() != turns.size()) continue;
            const auto& fold = run.folds[i];
            z.add((fold.feedback - of.feedback(turns[i])) / fold.feedback_error);
            mean += fold.feedback;
            error += fold.feedback_error;
        }
        const auto n = static_cast<double>(z.count);
        fmt::print("  {:8.4f} {:8.4f} +- {:.4f} {:5.2f}", of.feedback(turns[i]), mean / n,
                   error / n, z.squares / n);
    }
}

/// @param first  of the seeds, which follow each other
void tell_branch(const known_branch& of, std::size_t seeds, std::size_t first) {
    std::vector<measured_branch> runs;
    scores_of_z gaps;
    std::size_t both = 0, unstable = 0, points = 0, samples = 0;
    for (std::size_t seed = first; seed < first + seeds; ++seed) {
        runs.push_back(follow(of, seed));
        const auto& run = runs.back();
        both += run.folds.size() == of.turns().size();
        samples += run.samples;
        for (const auto& point : run.points) {
            gaps.add((point.gap - of.gap(point.lead)) / point.gap_error);
            unstable += point.growth > 2 * point.growth_error;
            ++points;
        }
    }
    fmt::print("{:19} {} {:5} {:8} {:6.2f} {:5.1f} {:3}/{}", of.name, of.experts, points, unstable,
               gaps.squares / static_cast<double>(gaps.count), gaps.worst, both, seeds);
    tell_folds(of, runs);
    const auto tokens = static_cast<double>(samples * held.tokens * held_for(of, 1).batches);
    fmt::print("  {:.2g}\n", tokens / static_cast<double>(points));
    std::fflush(stdout);
}

/// @param router  of these alone, if it is not empty
void tell_branches(std::size_t seeds, std::string_view router, std::size_t first) {
    fmt::print("{:19} N {:>5} {:>8} {:>6} {:>5} both", "router", "point", "unstable", "chi2/n",
               "worst");
    for (const auto* fold : {"upper", "lower"})
        fmt::print("  {:>8} {:>8}    error  chi2", fold, "measured");
    fmt::print("  tokens a point\n");
    for (const auto& of : every_router_turning_twice())
        if (router.empty() || router == of.name) tell_branch(of, seeds, first);
}

/// Mean gap of a free loop from rest at this lead, after 160 batches, of 200 a block; and the error
/// of a block's mean. Its scores have the rule of docs/theory.md section 1 at step times decay .05.
struct free_gap {
    double mean = 0, error = 0;
};

free_gap free_run(const known_branch& of, double lead, std::size_t blocks, std::uint64_t seed) {
    constexpr double step = 0.05;
    constexpr std::size_t settle = 160, block = 200;
    const double feedback = of.feedback(lead);
    const auto n = static_cast<double>(of.experts);
    std::vector<double> scores(of.experts, (feedback / n) - lead / n),
        logits(of.experts * held.tokens);
    scores[0] += lead;
    std::vector<random_block> words(held.tokens);
    std::vector<double> means(blocks);
    for (std::size_t b = 0; b < settle + blocks * block; ++b) {
        const batch_key key{seed, b};
        random_words(key.seed, random_stream::token, key.step, 0, words);
        of.source->fill(key, 0, words, logits);
        const auto load = of.made->route({of.experts, logits, scores, key}).load;
        for (std::size_t e = 0; e < of.experts; ++e) {
            const double bias = of.bias * ((e == 0 ? 1 : 0) - 1 / n);
            scores[e] += step * (feedback * load[e] + bias - scores[e]);
        }
        if (b >= settle) means[(b - settle) / block] += (load[0] - (1 - load[0]) / (n - 1)) / block;
    }
    free_gap out;
    for (const double one : means) out.mean += one / static_cast<double>(blocks);
    for (const double one : means) out.error += (one - out.mean) * (one - out.mean);
    out.error = std::sqrt(out.error / static_cast<double>(blocks - 1));
    return out;
}

void tell_cost(const known_branch& of, std::size_t blocks) {
    const auto run = follow(of, 1);
    const double tokens = static_cast<double>(run.samples * held.tokens * held_for(of, 1).batches) /
                          static_cast<double>(run.points.size());
    for (std::size_t i = 0; i < run.points.size(); i += 3) {
        const auto& point = run.points[i];
        fmt::print("{:19} {} {:6.3f} {:8.4f} {:7.4f} {:8.5f} {:9.2g}", of.name, of.experts,
                   point.lead, of.feedback(point.lead), point.gap, point.gap_error, tokens);
        if (point.growth > -2 * point.growth_error) {
            fmt::print("   none: no free run stays\n");
            continue;
        }
        const auto free = free_run(of, point.lead, blocks, 7);
        // of blocks, as many as the error of the measured point needs, and the way to rest
        const double needed = std::pow(free.error / point.gap_error, 2) * 200 + 160;
        const double cost = needed * static_cast<double>(held.tokens);
        fmt::print(" {:9.2g} {:6.2f} {:8.4f}\n", cost, cost / tokens,
                   free.mean - of.gap(point.lead));
    }
    std::fflush(stdout);
}

void tell_costs(std::size_t blocks) {
    fmt::print("{:19} N {:>6} {:>8} {:>7} {:>8} {:>9} {:>9} {:>6} {:>8}\n", "router", "lead",
               "feedback", "gap", "error", "tokens", "of sweep", "ratio", "its bias");
    const auto all = every_router_turning_twice();
    for (const std::size_t i : {std::size_t{0}, std::size_t{7}}) tell_cost(all[i], blocks);
}

}  // namespace

int main(int count, char** words) {
    const auto word = [&](int i) { return std::string_view(i < count ? words[i] : ""); };
    const auto number = [&](int i) { return i < count ? std::strtoul(words[i], nullptr, 10) : 0; };
    if (number(2) < 2 || (word(1) != "branches" && word(1) != "cost")) {
        fmt::print(
            "measured_branches branches SEEDS [ROUTER [FIRST]] | measured_branches cost BLOCKS\n");
        return 2;
    }
    if (word(1) == "cost")
        tell_costs(number(2));
    else
        tell_branches(number(2), word(3), std::max(1UL, number(4)));
}

// SPDX-License-Identifier: MIT
#include "loop/router_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <moebius/base/error.hpp>
#include <moebius/base/random.hpp>
#include <moebius/router/selective_sinkhorn.hpp>

#include "router/router_subset.hpp"

namespace moebius::gpu {
namespace {

loop_batch loops_of(const router_batches& batches, const routing_rule& rule) {
    return {batches.source, rule.noise, batches.tokens, batches.steps, batches.runs};
}

gpu::chooser chooser_of(routing_rule::kind kind) {
    switch (kind) {
        case routing_rule::kind::subset:
            return chooser::subset;
        case routing_rule::kind::shares:
            return chooser::shares;
        case routing_rule::kind::largest:
            break;
    }
    return chooser::largest;
}

/// The scores that the loops start from. Those of their controllers start at 0.
std::vector<double> starts_of(const router_batches& batches) {
    std::vector<double> all;
    for (const auto& run : batches.runs) {
        auto scores = run.scores;
        scores.resize(batches.source->experts());
        all.insert(all.end(), scores.begin(), scores.end());
    }
    return all;
}

std::size_t steps_at_once(const router_batches& batches, std::size_t most) {
    const auto values = static_cast<double>(batches.tokens) *
                        static_cast<double>(batches.source->experts() * batches.runs.size());
    constexpr double at_once = 0x1p32;  // values of z: some tenths of a second
    const auto steps = static_cast<std::size_t>(std::max(1.0, std::min(at_once / values, 0x1p12)));
    return std::min(steps, most);
}

}  // namespace

std::optional<refusal> router_refusal(const router_batches& batches) {
    const auto rule = batches.router->rule();
    const auto name = batches.router->name();
    if (!rule) return refusal{fmt::format("the router {} came", name), "the CPU runs its loops"};
    const std::size_t experts = batches.source->experts();
    if (experts > most_router_experts)
        return refusal{fmt::format("{} experts of {} came", experts, name),
                       fmt::format("a CUDA device takes up to {}", most_router_experts)};
    if (batches.source->fresh().width > 0)
        return refusal{fmt::format("fresh tokens came for {}", name),
                       "a CUDA device draws them for top-1 alone"};
    const bool subset = rule->chooses == routing_rule::kind::subset;
    const std::size_t most = subset ? most_subset_members : most_largest;
    if (rule->k_max > most)
        return refusal{fmt::format("{} with k = {} came", name, rule->k_max),
                       fmt::format("a CUDA device takes k up to {}", most)};
    return loop_refusal(loops_of(batches, *rule));
}

router_arrays::router_arrays(const router_batches& batches, const loop_limits& limits)
    : batches_(&batches),
      rule_(*batches.router->rule()),
      same_(loops_of(batches, rule_)),
      arrays_(same_, limits, stored_rows::logits),
      room_(steps_at_once(batches, arrays_.room())) {
    const std::size_t runs = batches.runs.size(), experts = batches.source->experts();
    sums_ = device_array(starts_of(batches));
    counts_ = device_array(std::vector<std::uint32_t>(runs * (experts + 1)));
    unrouted_ = device_array(std::vector<std::uint64_t>(runs));
    loads_ = device_array<double>(runs * room_ * experts);
    work_.chooses = chooser_of(rule_.chooses);
    if (rule_.balancing.frequency > 0)
        balanced_ = balanced_batches(rule_.balancing, batches.tokens, experts);
    if (work_.chooses == chooser::shares) {
        parts_ = device_array<double>(runs * share_blocks * (experts + 1));
        work_.parts_of_run = share_blocks;
        const std::size_t stored = batches.source->stored().size() / experts;
        if (stored > 0 && stored <= batches.tokens) {
            times_ = device_array(std::vector<std::uint32_t>(runs * stored));
            work_.row_count = stored;
            work_.parts_of_run =
                std::min<std::uint32_t>(share_blocks, static_cast<std::uint32_t>(stored + 7) / 8);
        }
    }
    work_.beta = rule_.beta;
    work_.k_min = static_cast<std::uint32_t>(rule_.k_min);
    work_.k_max = static_cast<std::uint32_t>(rule_.k_max);
    work_.sums = sums_.data();
    work_.counts = counts_.data();
    work_.times = times_.data();
    work_.parts = parts_.data();
    work_.loads = loads_.data();
    work_.unrouted = unrouted_.data();
}

/// What one run routes by itself, in place of the device's counts.
void router_arrays::route_on_cpu(std::size_t run, std::uint64_t step) {
    const std::size_t experts = batches_->source->experts(), tokens = batches_->tokens;
    std::vector<double> sums(sums_.size());
    sums_.read(sums.data(), sums.size());
    const batch_key key{batches_->runs[run].seed, step};
    std::vector<random_block> words(tokens);
    random_words(key.seed, random_stream::token, key.step, 0, words);
    std::vector<double> logits(tokens * experts);
    batches_->source->fill(key, 0, words, logits);
    const auto routed = batches_->router->route(
        {experts, logits, std::span(sums).subspan(run * experts, experts), key});
    std::vector<std::uint32_t> counts(experts + 1);
    for (std::size_t i = 0; i < routed.chosen.size(); ++i) counts[i % experts] += routed.chosen[i];
    counts[experts] = static_cast<std::uint32_t>(routed.unrouted);
    check(cudaMemcpy(counts_.data() + run * counts.size(), counts.data(),
                     counts.size() * sizeof counts[0], cudaMemcpyHostToDevice),
          "cudaMemcpy");
}

/// The runs whose batch is balanced. The plan of a cost of the softmax, and one whose sums leave
/// the doubles, are the CPU's.
void router_arrays::route_balanced(std::size_t step) {
    const std::uint64_t now = work_.base.first_step + step;
    for (std::size_t r = 0; r < batches_->runs.size(); ++r) {
        if (!is_sinkhorn_step({batches_->runs[r].seed, now}, rule_.balancing.frequency)) continue;
        if (rule_.balancing.cost != sinkhorn_cost::linear ||
            !balanced_.route(work_, static_cast<std::uint32_t>(r),
                             static_cast<std::uint32_t>(step)))
            route_on_cpu(r, now);
    }
}

void router_arrays::route(std::size_t step) {
    const auto now = static_cast<std::uint32_t>(step);
    switch (work_.chooses) {
        case chooser::largest:
            check(launch_largest(work_, now), "launch of largest");
            if (rule_.balancing.frequency > 0) route_balanced(step);
            break;
        case chooser::subset:
            check(launch_subset(work_, now), "launch of subset");
            break;
        case chooser::shares:
            if (work_.row_count > 0) check(launch_times(work_, now), "launch of times");
            check(launch_shares(work_, now), "launch of shares");
            break;
    }
}

void router_arrays::advance(std::size_t first, std::size_t steps, load_history& to) {
    work_.base = arrays_.at(first, steps);
    if (work_.row_count > 0) work_.rows = work_.base.logits;
    const bool alone = work_.chooses == chooser::shares && work_.base.source == tokens::none;
    const std::size_t at_once = alone ? steps : 1;
    for (std::size_t step = 0; step < steps; step += at_once) {
        if (!alone) route(step);
        check(launch_follow(work_, static_cast<std::uint32_t>(step),
                            static_cast<std::uint32_t>(at_once)),
              "launch of follow");
    }
    const std::size_t runs = batches_->runs.size(), experts = batches_->source->experts();
    std::vector<double> part(runs * steps * experts);
    loads_.read(part.data(), part.size());
    for (std::size_t r = 0; r < runs; ++r)
        std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(r * steps * experts),
                    steps * experts,
                    to.loads.begin() +
                        static_cast<std::ptrdiff_t>((r * batches_->steps + first) * experts));
    unrouted_.read(to.unrouted.data(), runs);
}

}  // namespace moebius::gpu

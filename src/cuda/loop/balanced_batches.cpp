// SPDX-License-Identifier: MIT
#include "loop/balanced_batches.hpp"

#include <algorithm>
#include <cmath>

namespace moebius::gpu {
namespace {

/// The work of one of the runs.
router_loops run_of(const router_loops& work, std::uint32_t run) {
    auto one = work;
    one.base.runs = 1;
    one.base.values += run;
    one.counts += std::size_t{run} * (work.base.experts + 1);
    return one;
}

}  // namespace

balanced_batches::balanced_batches(const balancing_rule& rule, std::size_t tokens,
                                   std::size_t experts)
    : rule_(rule), rows_(tokens * experts), log_v_(experts), parts_(share_blocks * (experts + 1)) {}

/// (E + 1): sums over rows, in the order of the blocks, and their number.
std::vector<double> balanced_batches::column_sums(const router_loops& work) const {
    const std::size_t width = work.base.experts + 1;
    std::vector<double> parts(work.parts_of_run * width), sums(width);
    parts_.read(parts.data(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) sums[i % width] += parts[i];
    return sums;
}

bool balanced_batches::route(const router_loops& work, std::uint32_t run,
                             std::uint32_t step) const {
    auto one = run_of(work, run);
    check(launch_costs(one, step, rule_.noise_scale, rule_.scaling.xi, rows_.data()),
          "launch of costs");
    one.rows = rows_.data();
    one.row_count = one.base.tokens;
    one.parts_of_run = share_blocks;
    one.parts = parts_.data();
    one.sums = log_v_.data();
    one.beta = 1;
    const std::size_t experts = one.base.experts;
    check(launch_exponentials(one), "launch of exponentials");
    auto sums = column_sums(one);
    const double target = sums[experts] / static_cast<double>(experts);
    std::vector<double> log_v(experts);
    double residual = INFINITY;
    for (int k = 0; k < rule_.scaling.max_iterations && !(residual < rule_.scaling.tolerance);
         ++k) {
        for (std::size_t e = 0; e < experts; ++e) {
            log_v[e] += std::log(target) - std::log(sums[e]);
            if (!std::isfinite(log_v[e])) return false;
        }
        log_v_.write(log_v);
        check(launch_shares(one, step), "launch of shares");
        sums = column_sums(one);
        residual = 0;
        for (std::size_t e = 0; e < experts; ++e) residual += std::pow(sums[e] - target, 2);
        residual = std::sqrt(residual);
    }
    check(cudaMemset(one.counts, 0, (experts + 1) * sizeof one.counts[0]), "cudaMemset");
    check(launch_largest(one, step), "launch of largest");
    return true;
}

}  // namespace moebius::gpu

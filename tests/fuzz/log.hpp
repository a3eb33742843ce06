// SPDX-License-Identifier: MIT
// What all readers of load logs promise: their records in order, with numbers that can be used.
#pragma once

#include <algorithm>
#include <cmath>
#include <moebius/logs/load_state.hpp>
#include <moebius/logs/log_check.hpp>
#include <moebius/logs/log_file.hpp>

#include "harness.hpp"

namespace moebius::fuzz {

/// Reads logs, up to so many records each.
inline void read_logs(const std::vector<std::string>& paths, const log_options& how) {
    constexpr std::size_t most = 512;
    for (auto& log : open_logs(paths, how)) {
        const auto& head = log.source->head();
        require(!head.layers.empty() && head.experts > 0, "a log without layers or experts");
        log_check check(head);
        load_state state(4);
        std::int64_t last = 0;
        std::size_t count = 0;
        for (load_record one; count < most && log.source->next(one); ++count) {
            require(one.layer < head.layers.size(), "a layer beyond the last");
            require(one.loads.size() == head.experts, "a record of another size");
            require(std::all_of(one.loads.begin(), one.loads.end(),
                                [](double load) { return load >= 0 && std::isfinite(load); }),
                    "a load that is none");
            require(one.scores.empty() || one.scores.size() == head.experts,
                    "scores of another size");
            require(count == 0 || one.step >= last, "steps out of order");
            last = one.step;
            check.take(one);
            state.take(one);
        }
        const auto states = state.layers();
        require(check.findings(log.series, states).size() < 1000, "too many findings");
        require(percentiles_of(states).rows() == 6, "percentiles of another size");
    }
}

/// Reads an input as a log, whatever it is, and whole if its steps are out of order.
inline void read_log(std::string_view input) {
    const memory_file file(input);
    const std::vector<std::string> paths{file.path()};
    try {
        read_logs(paths, {});
    } catch (const out_of_order&) {
        read_logs(paths, {.whole = true});
    }
}

}  // namespace moebius::fuzz

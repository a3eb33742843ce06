// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <moebius/base/error.hpp>
#include <span>

#include "load_log_arrays.hpp"

namespace moebius {
namespace {

/// Calls for each record in order: its step, its run, and the place of its first load.
template <typename Take>
void each_record(const load_log_arrays& log, const Take& take) {
    std::size_t at = 0;
    for (std::size_t t = 0; t < log.steps; ++t)
        for (std::size_t r = 0; r < log.runs; ++r, at += log.experts) take(t, r, at);
}

}  // namespace

std::string to_rows(const load_log_arrays& log, char separator) {
    const auto &dither = log.probes.dither, &feedback = log.probes.feedback;
    if (!log.probes.moments.empty())
        throw invalid_argument("load log", "moments came for a table",
                               "it has a row an expert, in which they have no place");
    std::string out = fmt::format("# {}\n", log.config);
    const auto to = std::back_inserter(out);
    std::vector<std::string_view> names{"step", "layer", "expert", "count", "score"};
    if (!dither.empty()) names.emplace_back("dither");
    if (!feedback.empty()) names.emplace_back("feedback");
    fmt::format_to(to, "{}\n", fmt::join(names, std::string_view(&separator, 1)));
    each_record(log, [&](std::size_t step, std::size_t run, std::size_t at) {
        for (std::size_t e = 0; e < log.experts; ++e) {
            fmt::format_to(to, "{1}{0}{2}{0}{3}{0}{4}{0}{5}", separator, step, run, e,
                           log.counts[at + e], log.scores[at + e]);
            if (!dither.empty()) fmt::format_to(to, "{}{}", separator, dither[at + e]);
            if (!feedback.empty()) fmt::format_to(to, "{}{}", separator, feedback[step]);
            out += '\n';
        }
    });
    return out;
}

std::string to_records(const load_log_arrays& log) {
    const auto &dither = log.probes.dither, &moments = log.probes.moments,
               &feedback = log.probes.feedback;
    const std::size_t experts = log.experts;
    std::string out = fmt::format("{{\"config\": {}}}\n", log.config);
    const auto to = std::back_inserter(out);
    const auto add = [&](std::string_view before, const auto& values, std::size_t first) {
        if (values.empty()) return;
        const auto row = std::span(values).subspan(first, experts);
        fmt::format_to(to, "{}[{}]", before, fmt::join(row, ", "));
    };
    each_record(log, [&](std::size_t step, std::size_t run, std::size_t at) {
        fmt::format_to(to, "{{\"step\": {}, \"layer\": {}", step, run);
        add(", \"counts\": ", log.counts, at);
        add(", \"scores\": ", log.scores, at);
        add(", \"dither\": ", dither, at);
        for (std::size_t e = 0; e < experts; ++e)
            add(e == 0 ? ", \"moments\": [" : ", ", moments, (at + e) * experts);
        if (!moments.empty()) out += ']';
        if (!feedback.empty()) fmt::format_to(to, ", \"feedback\": {}", feedback[step]);
        out += "}\n";
    });
    return out;
}

}  // namespace moebius

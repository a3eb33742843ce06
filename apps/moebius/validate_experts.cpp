// SPDX-License-Identifier: MIT
#include "validate_experts.hpp"

#include <algorithm>

#include "report_lines.hpp"

namespace moebius::cli {
namespace {

/// Where collapsed and equal loads are both stable, predicted and measured.
named_numbers window_of(const expert_validation& v) {
    named_numbers out{{"fold", v.predicted.fold}, {"balance", v.predicted.balance}};
    for (std::size_t s = 0; s < v.jumps.size(); ++s) {
        const std::string name = v.predicted.sweeps[s].jump.fold ? "fold" : "balance";
        out.emplace_back(name + "_measured", v.jumps[s].edge.value);
        out.emplace_back(name + "_error", v.jumps[s].edge.error);
    }
    return out;
}

std::vector<std::string> excuses_of(const expert_validation& v) {
    std::vector<std::string> out;
    for (const auto& point : v.steady) out.push_back(point.excuse);
    return out;
}

}  // namespace

result_document experts_document(const expert_validation& v, result_heading heading) {
    auto agreement = agreement_of(v.overall);
    agreement.emplace_back("winners_p", v.winners_p);
    std::vector<std::string> names;
    for (const auto& sweep : v.predicted.sweeps) names.push_back(sweep.name);
    return {std::move(heading),
            {{"verdict", v.overall.sentence},
             {"agreement", std::move(agreement)},
             {"window", window_of(v)},
             {"sweeps", names},
             {"sweep_plans", sweep_table(v)},
             {"steady", steady_table(v)},
             {"excuses", excuses_of(v)},
             {"loads", load_table(v)},
             {"jumps", jump_table(v)},
             {"winners", winner_table(v)},
             {"equilibria", v.predicted.equilibria}}};
}

std::string experts_report(const expert_validation& v) {
    report_lines out;
    out.add("{:<15} {:>9} {:>7} {:>5} {:>10} {:>10} {:>8} {:>10} {:>7}\n", "steady states",
            "feedback", "winners", "runs", "predicted", "measured", "error", "chi-square", "p");
    const auto steady = steady_table(v);
    for (std::size_t i = 0; i < v.steady.size(); ++i) {
        const auto at = [&](std::string_view column) { return steady.at(column)[i]; };
        out.add("{:<15} {:>9.4f} {:>7} {:>5} {:>10.5f} {:>10.5f} {:>8.5f} {:>10.1f} {:>7.2g}{}\n",
                v.predicted.sweeps[v.steady[i].sweep].name, at("feedback"), at("winners"),
                at("runs"), at("load_1_predicted"), at("load_1"), at("load_1_error"),
                at("chi_square"), at("p"), not_judged(v.steady[i].excuse));
    }
    out.add("\n{:<15} {:>9} {:>9} {:>10} {:>10} {:>8} {:>6}\n", "jumps", "end", "delay",
            "predicted", "measured", "sd", "z");
    const auto jumps = jump_table(v);
    for (std::size_t s = 0; s < v.jumps.size(); ++s) {
        const auto at = [&](std::string_view column) { return jumps.at(column)[s]; };
        out.add("{:<15} {:>9.4f} {:>9.4f} {:>10.5f} {:>10.5f} {:>8.5f} {:>6.2f}\n",
                v.predicted.sweeps[s].name, at("end"), at("delay"), at("predicted"), at("measured"),
                at("measured_sd"), at("z"));
    }
    if (!v.jumps.empty()) {
        out.add("\n{:<34} {:>10} {:>10} {:>8}\n", "equal and unequal loads both stable",
                "predicted", "measured", "error");
        for (std::size_t s = v.jumps.size(); s-- > 0;)
            out.add("{:<34} {:>11.5f} {:>10.5f} {:>8.5f}\n",
                    v.predicted.sweeps[s].jump.fold ? "from feedback" : "to feedback",
                    v.predicted.sweeps[s].jump.end, v.jumps[s].edge.value, v.jumps[s].edge.error);
        const auto [least, most] = std::minmax_element(v.winners.begin(), v.winners.end());
        out.add("\nwinners of {} runs up: {} to {} runs an expert (p = {:.2g})\n",
                v.jumps.front().measured.size(), *least, *most, v.winners_p);
    }
    out.add("\n{}\n", v.overall.sentence);
    return out.take();
}

}  // namespace moebius::cli

// SPDX-License-Identifier: MIT
#include "validate_tokens.hpp"

#include "report_lines.hpp"

namespace moebius::cli {

result_document tokens_document(const token_validation& v, result_heading heading) {
    auto agreement = agreement_of(v.overall);
    agreement.emplace_back("stretches", static_cast<double>(v.predicted.stretches.size()));
    agreement.emplace_back("stretches_met", static_cast<double>(v.met));
    agreement.emplace_back("starts", static_cast<double>(v.starts));
    agreement.emplace_back("strangers", static_cast<double>(v.strangers.size()));
    std::vector<std::string> excuses;
    for (const auto& point : v.points) excuses.push_back(point.excuse);
    return {std::move(heading),
            {{"verdict", v.overall.sentence},
             {"agreement", std::move(agreement)},
             {"stretches", stretch_table(v)},
             {"steady", point_table(v)},
             {"excuses", std::move(excuses)},
             {"loads", load_table(v)},
             {"strangers", stranger_table(v)},
             {"equilibria", v.predicted.equilibria}}};
}

std::string tokens_report(const token_validation& v) {
    report_lines out;
    out.add("{:>9} {:>7} {:>7} {:>7} {:>7} {:>10} {:>10} {:>8} {:>11} {:>7}\n", "feedback",
            "branch", "winner", "stayed", "found", "predicted", "measured", "error", "chi-square",
            "p");
    const auto points = point_table(v);
    for (std::size_t i = 0; i < v.points.size(); ++i) {
        const auto at = [&](std::string_view column) { return points.at(column)[i]; };
        out.add(
            "{:>9.4f} {:>7} {:>7} {:>7} {:>7} {:>10.5f} {:>10.5f} {:>8.5f} {:>11.1f} {:>7.2g}{}\n",
            at("feedback"), at("branch"), at("winner"), at("stayed"), at("found"),
            at("load_1_predicted"), at("load_1"), at("load_1_error"), at("chi_square"), at("p"),
            not_judged(v.points[i].excuse));
    }
    for (const auto& one : v.strangers) {
        out.add("{:>9.4f} random start {} rests on no state of the diagram: loads",
                v.predicted.levels[one.level].feedback, one.start);
        for (const double load : one.loads) out.add(" {:.4f}", load);
        out.add("\n");
    }
    out.add("\n{}\n", v.overall.sentence);
    return out.take();
}

}  // namespace moebius::cli

// SPDX-License-Identifier: MIT
#include "exact_experts.hpp"

#include <fmt/format.h>

#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/compare/oscillation.hpp>
#include <moebius/exact/n_expert.hpp>
#include <moebius/exact/sign_rule.hpp>
#include <moebius/model/cell_field.hpp>

#include "incomplete.hpp"
#include "words.hpp"

namespace moebius::cli {
namespace {

table empty_table(std::vector<std::string> names) {
    const std::size_t width = names.size();
    return {std::move(names), std::vector<std::vector<double>>(width)};
}

void add_row(table& to, std::initializer_list<double> row) {
    std::size_t c = 0;
    for (const double value : row) to.columns[c++].push_back(value);
}

/// Where each branch of m equal winners turns, and where it is as deep as the balanced state.
table branches_of(std::size_t experts, double feedback_of_one, const watch& watched) {
    auto out = empty_table({"winners", "copies", "fold_feedback", "fold_winner_load",
                            "fold_other_load", "maxwell_feedback"});
    for (std::size_t m = 1; 2 * m <= experts; ++m) {
        if (watched.stopping()) throw cut_short<table>("exact", std::move(out));
        if (watched.report) watched.report(m - 1, experts / 2);
        const exact::split s{experts, m};
        const auto fold = exact::branch_fold(s);
        add_row(out, {static_cast<double>(m),
                      copies(one_group(experts), moebius::split(one_group(experts), 0, m)),
                      fold.K * feedback_of_one, fold.loads[0], fold.loads[1],
                      exact::maxwell_point(s) * feedback_of_one});
    }
    return out;
}

/// Both arms up to K, evenly spaced in x.
table fold_set_of(const exact::split& s, double K, const exact::scales& unit,
                  double feedback_of_one, std::size_t points, const watch& watched) {
    auto out = empty_table({"feedback", "bias", "x"});
    const double m = static_cast<double>(s.winners), n = static_cast<double>(s.experts);
    const double cosh_end = K * n / (2 * m * (n - m)) - 1;
    if (!(cosh_end > 1)) return out;
    const double end = std::acosh(cosh_end);
    for (std::size_t i = 0; i < points; ++i) {
        if (watched.stopping()) throw cut_short<table>("exact", std::move(out));
        if (watched.report) watched.report(i, points);
        const double x = end * (2 * static_cast<double>(i) / static_cast<double>(points - 1) - 1);
        const auto at = exact::fold(s, x);
        add_row(out, {at.K * feedback_of_one, at.h * unit.drive, x});
    }
    return out;
}

/// Where the rule keeps equal loads, and how far from them.
/// @param K          feedback in units of `unit`
/// @param threshold  of the router alone, in the same
named_numbers held_by(const sign_steps& rule, std::size_t experts, std::size_t top_k, double K,
                      double threshold, double unit) {
    const auto n = static_cast<double>(experts);
    const double scatter = std::sqrt((1 / n) * (1 / static_cast<double>(top_k) - 1 / n) /
                                     static_cast<double>(rule.tokens));
    const double gain =
        effective_gain({control_law::sign, rule.size, 0}, scatter, rule.step) / unit;
    const double held = K > threshold ? exact::sign_basin(K - threshold, gain) : not_a_number;
    return {{"gain", gain},
            {"hopf_feedback", (threshold + gain) * unit},
            {"load_scatter", scatter},
            {"held_deviation", held},
            {"held_load_deviation", held * scatter}};
}

std::size_t top_k_of(const result_heading& heading) {
    return static_cast<std::size_t>(number_of(heading, "top_k").value_or(1));
}

}  // namespace

result_document exact_experts(chosen_problem on, std::size_t points, const watch& watched,
                              const std::optional<sign_steps>& rule) {
    const auto& groups = on.problem.model->cells()->groups();
    if (groups.size() != 1)
        throw invalid_argument("exact",
                               fmt::format("groups {} have a bias of their own", to_string(groups)),
                               "the closed forms start from experts that are alike");
    const std::size_t experts = groups.members();
    const double decay = on.problem.parameters[on.problem.index_of("decay")];
    const double beta = on.problem.parameters[on.problem.index_of("beta")];
    const double feedback = on.problem.parameters[on.problem.index_of("feedback")];
    const bool softmax = on.heading.model == "softmax";
    const auto top_k = softmax ? 1 : top_k_of(on.heading);
    const double feedback_of_one = decay / beta;  // K = 1
    const auto balanced = exact::balanced(experts, feedback / feedback_of_one, top_k);

    result_document out{std::move(on.heading), {}};
    out.sections.push_back(
        {"balanced", named_numbers{{"threshold_feedback", balanced.threshold * feedback_of_one},
                                   {"eigenvalue", balanced.eigenvalue * decay},
                                   {"multiplicity", static_cast<double>(balanced.multiplicity)},
                                   {"n_unstable", static_cast<double>(balanced.n_unstable)}}});
    if (rule)
        out.sections.push_back(
            {"sign_rule", held_by(*rule, experts, top_k, feedback / feedback_of_one,
                                  balanced.threshold, feedback_of_one)});
    if (!softmax) return out;
    const exact::split one{experts, 1};
    const auto unit = exact::n_expert_scales(decay, beta);
    const auto cusp = exact::cusp(one);
    out.sections.push_back({"one_winner_cusp", named_numbers{{"feedback", cusp.K * feedback_of_one},
                                                             {"bias", cusp.h * unit.drive}}});
    add_section(out, "branches", [&] { return branches_of(experts, feedback_of_one, watched); });
    if (!on.ranges.empty())
        add_section(out, "fold_set", [&] {
            return fold_set_of(one, on.ranges[0].to / feedback_of_one, unit, feedback_of_one,
                               points, watched);
        });
    return out;
}

}  // namespace moebius::cli

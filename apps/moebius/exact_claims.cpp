// SPDX-License-Identifier: MIT
#include "exact_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/model/cell_field.hpp>

namespace moebius::cli {
namespace {

double number_in(const result_document& of, std::string_view section, std::string_view name) {
    if (const auto* numbers = of.find<named_numbers>(section))
        for (const auto& [known, value] : *numbers)
            if (known == name) return value;
    throw invalid_argument(fmt::format("/{}/{}", section, name), "it is missing",
                           "a number is needed");
}

/// One curve of a claim, row by row; its first rows may be special points.
class curve_writer {
public:
    /// @param states  names of the columns behind the parameters that vary
    curve_writer(problem at, std::vector<parameter_range> ranges, std::string kind, grouping groups,
                 std::vector<std::string> states)
        : made_{std::move(at), std::move(ranges), {}, false, {}} {
        branch curve;
        curve.id = 1;
        curve.kind = std::move(kind);
        curve.first = curve.last = stop_reason::stopped;
        curve.groups = std::move(groups);
        for (auto& range : made_.ranges) {
            curve.columns.names.push_back(range.name);
            range.from = std::numeric_limits<double>::infinity();
            range.to = -range.from;
        }
        for (auto& name : states) curve.columns.names.push_back(std::move(name));
        curve.columns.columns.resize(curve.columns.names.size());
        made_.data.branches.push_back(std::move(curve));
    }

    void row(const std::vector<double>& values) {
        auto& columns = made_.data.branches.front().columns.columns;
        for (std::size_t c = 0; c < columns.size(); ++c) columns[c].push_back(values.at(c));
        for (std::size_t i = 0; i < made_.ranges.size(); ++i) {
            made_.ranges[i].from = std::min(made_.ranges[i].from, values[i] - 1);
            made_.ranges[i].to = std::max(made_.ranges[i].to, values[i] + 1);
        }
    }

    /// The last row as a special point, with so many states behind the parameters.
    void point(point_type type, std::string label, std::size_t states, int multiplicity = 1,
               named_numbers form = {}) {
        const auto& curve = made_.data.branches.front();
        special_point here;
        here.label = std::move(label);
        here.type = type;
        here.branch = curve.id;
        here.row = curve.columns.rows() - 1;
        here.groups = curve.groups;
        here.multiplicity = multiplicity;
        here.normal_form = std::move(form);
        for (std::size_t i = 0; i < made_.ranges.size(); ++i) {
            here.parameter_names.push_back(made_.ranges[i].name);
            here.parameters.push_back(curve.columns.columns[i].back());
        }
        for (std::size_t i = 0; i < states; ++i)
            here.state.push_back(curve.columns.columns[made_.ranges.size() + i].back());
        made_.data.special_points.push_back(std::move(here));
    }

    [[nodiscard]] claim take() { return std::move(made_); }

private:
    claim made_;
};

std::vector<claim> claims_of_two(const problem& apart, const result_document& of) {
    std::vector<claim> out;
    const parameter_range feedback{"feedback"}, bias{"bias"};
    curve_writer equilibria(apart, {feedback}, "equilibrium", {},
                            {"x", "load_1", "load_2", "eigenvalue", "stable"});
    const auto& known = of.table_of("equilibria");
    for (std::size_t row = 0; row < known.rows(); ++row)
        equilibria.row({apart.parameters[apart.index_of("feedback")], known.at("x")[row],
                        known.at("load_1")[row], known.at("load_2")[row],
                        known.at("eigenvalue")[row], known.at("stable")[row]});
    out.push_back(equilibria.take());

    problem fair = apart;
    fair.set("bias", number_in(of, "pitchfork", "bias"));
    curve_writer fork(fair, {feedback}, "equilibrium", {}, {"x"});
    fork.row({number_in(of, "pitchfork", "feedback"), 0});
    fork.point(point_type::BP, "pitchfork", 1, 1, {{"cubic", number_in(of, "pitchfork", "cubic")}});
    out.push_back(fork.take());

    curve_writer folds(apart, {feedback, bias}, "fold", {}, {"x"});
    folds.row({number_in(of, "cusp", "feedback"), number_in(of, "cusp", "bias"),
               number_in(of, "cusp", "x")});
    folds.point(point_type::CP, "cusp", 1, 1, {{"cubic", number_in(of, "cusp", "cubic")}});
    if (of.find<table>("fold_set") != nullptr) {
        const auto& set = of.table_of("fold_set");
        for (std::size_t row = 0; row < set.rows(); ++row)
            folds.row({set.at("feedback")[row], set.at("bias")[row], set.at("x")[row]});
    }
    out.push_back(folds.take());
    return out;
}

/// Scores that loads hold at a feedback.
struct scores {
    double decay;
    double operator()(double feedback, double load, double bias = 0) const {
        return (feedback * load + bias) / decay;
    }
};

claim balanced_claim(const problem& apart, const result_document& of, std::size_t experts,
                     const scores& score) {
    const double threshold = number_in(of, "balanced", "threshold_feedback");
    const double share = 1 / static_cast<double>(experts);
    const double feedback = apart.parameters[apart.index_of("feedback")];
    curve_writer curve(apart, {parameter_range{"feedback"}}, "equilibrium", one_group(experts),
                       {"s_1", "eigenvalue", "n_unstable"});
    curve.row({threshold, score(threshold, share), 0, 0});
    curve.point(point_type::BP, "balanced", 1,
                static_cast<int>(number_in(of, "balanced", "multiplicity")));
    curve.row({feedback, score(feedback, share),
               std::max(number_in(of, "balanced", "eigenvalue"), -score.decay),
               number_in(of, "balanced", "n_unstable")});
    return curve.take();
}

/// Where the branches of some winners turn; of half of them all it is the balanced state.
void add_winners(const problem& apart, const table& known, std::size_t experts, const scores& score,
                 std::vector<claim>& to) {
    for (std::size_t row = 0; row < known.rows(); ++row) {
        const double winners = known.at("winners")[row];
        if (!(winners >= 1 && 2 * winners < static_cast<double>(experts))) continue;
        const double feedback = known.at("fold_feedback")[row];
        curve_writer curve(apart, {parameter_range{"feedback"}}, "equilibrium",
                           split(one_group(experts), 0, static_cast<std::size_t>(winners)),
                           {"s_1", "s_2"});
        curve.row({feedback, score(feedback, known.at("fold_winner_load")[row]),
                   score(feedback, known.at("fold_other_load")[row])});
        curve.point(point_type::LP, fmt::format("fold of {} winners", winners), 2);
        to.push_back(curve.take());
    }
}

claim fold_set_claim(const problem& apart, const result_document& of, std::size_t experts,
                     const scores& score) {
    curve_writer curve(apart, {parameter_range{"feedback"}, parameter_range{"bias_1"}}, "fold",
                       split(one_group(experts), 0, 1), {"s_1", "s_2"});
    const auto add = [&](double feedback, double bias, double x) {
        const double winner = 1 / (1 + std::exp(-x));  // x: the log-odds of its load
        const double other = (1 - winner) / static_cast<double>(experts - 1);
        curve.row({feedback, bias, score(feedback, winner, bias), score(feedback, other)});
    };
    add(number_in(of, "one_winner_cusp", "feedback"), number_in(of, "one_winner_cusp", "bias"), 0);
    curve.point(point_type::CP, "one_winner_cusp", 2);
    if (const auto* set = of.find<table>("fold_set"))
        for (std::size_t row = 0; row < set->rows(); ++row)
            add(set->at("feedback")[row], set->at("bias")[row], set->at("x")[row]);
    return curve.take();
}

}  // namespace

std::vector<claim> exact_claims(const problem& apart, const result_document& of) {
    const cell_field* cells = apart.model->cells();
    if (!cells) return claims_of_two(apart, of);
    const std::size_t experts = cells->groups().members();
    const scores score{apart.parameters[apart.index_of("decay")]};
    std::vector<claim> out{balanced_claim(apart, of, experts, score)};
    if (of.find<table>("branches") == nullptr) return out;
    add_winners(apart, of.table_of("branches"), experts, score, out);
    out.push_back(fold_set_claim(apart, of, experts, score));
    return out;
}

audit_report joined(const std::vector<audit_report>& reports) {
    audit_report out;
    for (const auto& report : reports) {
        for (const auto& count : report.counts) {
            const auto known =
                std::find_if(out.counts.begin(), out.counts.end(),
                             [&](const audit_count& one) { return one.kind == count.kind; });
            if (known == out.counts.end()) {
                out.counts.push_back(count);
                continue;
            }
            known->judged += count.judged;
            known->wrong += count.wrong;
            known->not_judged += count.not_judged;
        }
        out.faults.insert(out.faults.end(), report.faults.begin(), report.faults.end());
        out.not_judged.insert(out.not_judged.end(), report.not_judged.begin(),
                              report.not_judged.end());
    }
    return out;
}

}  // namespace moebius::cli

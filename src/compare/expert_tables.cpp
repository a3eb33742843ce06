// SPDX-License-Identifier: MIT
#include <moebius/compare/expert_validation.hpp>

namespace moebius {
namespace {

table empty_table(std::vector<std::string> names) {
    table result{std::move(names), {}};
    result.columns.resize(result.names.size());
    return result;
}

void add_row(table& to, std::initializer_list<double> values) {
    std::size_t column = 0;
    for (const double value : values) to.columns[column++].push_back(value);
}

double number(std::size_t n) { return static_cast<double>(n); }

}  // namespace

table steady_table(const expert_validation& v) {
    auto result = empty_table({"sweep", "feedback", "winners", "runs", "load_1", "load_1_error",
                               "load_1_predicted", "chi_square", "degrees", "p", "judged"});
    for (const auto& point : v.steady) {
        const auto& hold = v.predicted.sweeps[point.sweep].holds[point.hold];
        const auto& state = hold.stable[point.state];
        const std::size_t group = state.sizes.front();
        double load = 0;  // of a member of the first group
        for (std::size_t e = 0; e < group; ++e) load += point.loads[e] / number(group);
        add_row(result,
                {number(point.sweep), hold.value, number(state.winners()), number(point.runs), load,
                 point.errors.front(), state.mean_loads().front(), point.chi_square,
                 number(point.degrees), point.p, point.excuse.empty() ? 1.0 : 0.0});
    }
    return result;
}

table load_table(const expert_validation& v) {
    auto result = empty_table({"point", "rank", "load", "load_error", "load_predicted"});
    for (std::size_t i = 0; i < v.steady.size(); ++i) {
        const auto& point = v.steady[i];
        const auto expected =
            v.predicted.sweeps[point.sweep].holds[point.hold].stable[point.state].mean_loads();
        for (std::size_t e = 0; e < expected.size(); ++e)
            add_row(result,
                    {number(i), number(e + 1), point.loads[e], point.errors[e], expected[e]});
    }
    return result;
}

table jump_table(const expert_validation& v) {
    auto result = empty_table({"sweep", "end", "delay", "predicted", "predicted_sd", "measured",
                               "measured_sd", "runs", "z", "edge", "edge_error"});
    for (std::size_t s = 0; s < v.jumps.size(); ++s) {
        const auto& jump = v.predicted.sweeps[s].jump;
        const auto& seen = v.jumps[s];
        const auto measured = spread_of(seen.measured), expected = spread_of(jump.ensemble);
        add_row(result, {number(s), jump.end, jump.delay, expected.mean, expected.sd, measured.mean,
                         measured.sd, number(seen.runs), seen.z, seen.edge.value, seen.edge.error});
    }
    return result;
}

table winner_table(const expert_validation& v) {
    auto result = empty_table({"expert", "runs"});
    for (std::size_t e = 0; e < v.winners.size(); ++e)
        add_row(result, {number(e + 1), number(v.winners[e])});
    return result;
}

table sweep_table(const expert_validation& v) {
    auto result = empty_table({"from", "to", "holds"});
    for (const auto& sweep : v.predicted.sweeps)
        add_row(result, {sweep.plan.from, sweep.plan.legs.back().to, number(sweep.holds.size())});
    return result;
}

}  // namespace moebius

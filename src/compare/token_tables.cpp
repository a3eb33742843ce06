// SPDX-License-Identifier: MIT
#include <algorithm>
#include <moebius/base/row_writer.hpp>
#include <moebius/compare/token_validation.hpp>

namespace moebius {
namespace {

double whole(std::size_t n) { return static_cast<double>(n); }

table of_columns(std::vector<std::string> names) {
    table result{std::move(names), {}};
    result.columns.resize(result.names.size());
    return result;
}

const token_state& state_of(const token_validation& v, const token_point& point) {
    return v.predicted.levels[point.level].stable[point.state];
}

}  // namespace

table point_table(const token_validation& v) {
    auto result =
        of_columns({"feedback", "branch", "winner", "stayed", "found", "load_1", "load_1_error",
                    "load_1_predicted", "chi_square", "degrees", "p", "judged"});
    row_writer row(result);
    for (const auto& point : v.points) {
        const auto& state = state_of(v, point);
        const auto expected = state.mean_loads();
        const auto most = static_cast<std::size_t>(
            std::max_element(expected.begin(), expected.end()) - expected.begin());
        row.next();
        row.put("feedback", v.predicted.levels[point.level].feedback);
        row.put("branch", v.predicted.stretches[state.stretch].branch);
        row.put("winner", whole(most + 1));
        row.put("stayed", whole(point.stayed));
        row.put("found", whole(point.found));
        row.put("load_1", point.loads[most]);
        row.put("load_1_error", point.errors[most]);
        row.put("load_1_predicted", expected[most]);
        row.put("chi_square", point.chi_square);
        row.put("degrees", whole(point.degrees));
        row.put("p", point.p);
        row.put("judged", point.excuse.empty() ? 1 : 0);
    }
    return result;
}

table load_table(const token_validation& v) {
    auto result = of_columns({"point", "expert", "load", "load_error", "load_predicted"});
    row_writer row(result);
    for (std::size_t i = 0; i < v.points.size(); ++i) {
        const auto& point = v.points[i];
        const auto expected = state_of(v, point).mean_loads();
        for (std::size_t e = 0; e < expected.size(); ++e) {
            row.next();
            row.put("point", whole(i));
            row.put("expert", whole(e + 1));
            row.put("load", point.loads[e]);
            row.put("load_error", point.errors[e]);
            row.put("load_predicted", expected[e]);
        }
    }
    return result;
}

table stranger_table(const token_validation& v) {
    auto result = of_columns({"stranger", "feedback", "start", "expert", "load"});
    row_writer row(result);
    for (std::size_t i = 0; i < v.strangers.size(); ++i)
        for (std::size_t e = 0; e < v.strangers[i].loads.size(); ++e) {
            const auto& one = v.strangers[i];
            row.next();
            row.put("stranger", whole(i));
            row.put("feedback", v.predicted.levels[one.level].feedback);
            row.put("start", whole(one.start));
            row.put("expert", whole(e + 1));
            row.put("load", one.loads[e]);
        }
    return result;
}

table stretch_table(const token_validation& v) {
    auto result = of_columns({"branch", "from", "to"});
    row_writer row(result);
    for (const auto& one : v.predicted.stretches) {
        row.next();
        row.put("branch", one.branch);
        row.put("from", one.from);
        row.put("to", one.to);
    }
    return result;
}

}  // namespace moebius

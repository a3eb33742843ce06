// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/compare/oscillation.hpp>
#include <string_view>

namespace moebius {
namespace {

/// A column of places, and of each named value three: measured, predicted and its error.
class value_table {
public:
    explicit value_table(const std::vector<double>& feedbacks) {
        made_.names = {"feedback"};
        made_.columns = {feedbacks};
    }

    void add(std::string_view name, const std::vector<measured_value>& values) {
        std::vector<double> measured, predicted, error;
        for (const auto& value : values) {
            measured.push_back(value.measured);
            predicted.push_back(std::isfinite(value.predicted) ? value.predicted : not_a_number);
            error.push_back(value.error);
        }
        add_column(name, std::move(measured));
        add_column(fmt::format("{}_predicted", name), std::move(predicted));
        add_column(fmt::format("{}_error", name), std::move(error));
    }
    void add_column(std::string_view name, std::vector<double> values) {
        made_.names.emplace_back(name);
        made_.columns.push_back(std::move(values));
    }
    [[nodiscard]] table take() { return std::move(made_); }

private:
    table made_;
};

/// One member of each of many points.
template <typename Point, typename Value>
std::vector<Value> each(const std::vector<Point>& points, Value Point::*member) {
    std::vector<Value> out;
    for (const auto& point : points) out.push_back(point.*member);
    return out;
}

}  // namespace

table decay_table(const oscillation_validation& v) {
    value_table made(each(v.below, &decay_point::feedback));
    made.add("growth", each(v.below, &decay_point::growth));
    made.add("frequency", each(v.below, &decay_point::frequency));
    made.add("gain", each(v.below, &decay_point::gain));
    return made.take();
}

table swing_table(const oscillation_validation& v) {
    value_table made(each(v.beyond, &swing_point::feedback));
    made.add("period", each(v.beyond, &swing_point::period));
    made.add("amplitude", each(v.beyond, &swing_point::amplitude));
    made.add_column("branch_period", each(v.beyond, &swing_point::branch_period));
    made.add_column("branch_amplitude", each(v.beyond, &swing_point::branch_amplitude));
    return made.take();
}

}  // namespace moebius

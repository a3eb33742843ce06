// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/column_names.hpp>
#include <moebius/io/json_file.hpp>
#include <nlohmann/json.hpp>

namespace moebius {
namespace {

using json = nlohmann::ordered_json;

json number(double value) {
    if (std::isfinite(value)) return value;
    if (std::isnan(value)) return nullptr;
    return value > 0 ? "inf" : "-inf";
}

/// Exactly an integer, and still the same double when read back as one (-0 would not be).
bool is_whole(double value) {
    constexpr double exact = 9007199254740992;  // 2^53
    return std::trunc(value) == value && std::abs(value) <= exact &&
           (value != 0 || !std::signbit(value));
}

json numbers(const std::vector<double>& values) {
    json::array_t out;
    out.reserve(values.size());
    if (std::all_of(values.begin(), values.end(), is_whole))
        for (const double value : values) out.emplace_back(static_cast<std::int64_t>(value));
    else
        for (const double value : values) out.emplace_back(number(value));
    return out;
}

json object(const named_numbers& values) {
    json out = json::object();
    for (const auto& [name, value] : values) out[name] = number(value);
    return out;
}

json object(const table& values) {
    check_column_names(values.names);
    json out = json::object();
    for (std::size_t c = 0; c < values.names.size(); ++c)
        out[values.names[c]] = numbers(values.columns[c]);
    return out;
}

json option_json(const option_value& value) {
    if (const auto* amount = std::get_if<double>(&value)) {  // a count looks like one
        if (is_whole(*amount)) return static_cast<std::int64_t>(*amount);
        return number(*amount);
    }
    if (const auto* words = std::get_if<std::vector<std::string>>(&value)) return *words;
    return std::get<std::string>(value);
}

json top_level(const result_heading& heading) {
    json out{{"schema", heading.schema}, {"version", heading.version}};
    out["command"] = heading.command;
    if (!heading.model.empty()) out["model"] = heading.model;
    if (!heading.router.empty()) out["router"] = heading.router;
    out["parameters"] = object(heading.parameters);
    json& options = out["options"] = json::object();
    for (const auto& [name, value] : heading.options) options[name] = option_json(value);
    if (heading.seed) out["seed"] = *heading.seed;
    return out;
}

json object(const branch& curve) {
    json out{{"id", curve.id},
             {"kind", curve.kind},
             {"from", curve.from},
             {"first", to_string(curve.first)},
             {"last", to_string(curve.last)}};
    if (curve.groups.size() > 0) {
        out["groups"] = to_string(curve.groups);
        out["copies"] = number(curve.copies);
    }
    if (!curve.turn.next.empty()) out["rotation"] = to_string(curve.turn);
    out["columns"] = object(curve.columns);
    return out;
}

json object(const orbit& cycle) {
    return {{"period", number(cycle.period)},
            {"degree", cycle.degree},
            {"times", numbers(cycle.times)},
            {"states", numbers(cycle.states)}};
}

json object(const special_point& point) {
    json parameters = json::object();
    for (std::size_t i = 0; i < point.parameters.size(); ++i)
        parameters[point.parameter_names.at(i)] = number(point.parameters[i]);
    json eigenvalues = json::array();
    for (const auto& value : point.eigenvalues)
        eigenvalues.push_back({number(value.real()), number(value.imag())});
    json state = json::array();
    for (const double value : point.state) state.push_back(number(value));
    json out{{"label", point.label},
             {"type", to_string(point.type)},
             {"branch", point.branch},
             {"row", point.row},
             {"parameters", std::move(parameters)},
             {"state", std::move(state)},
             {"multiplicity", point.multiplicity},
             {"eigenvalues", std::move(eigenvalues)},
             {"normal_form", object(point.normal_form)},
             {"criticality", point.criticality},
             {"residual", number(point.residual)}};
    if (point.groups.size() > 0) out["groups"] = to_string(point.groups);
    if (!point.turn.next.empty()) out["rotation"] = to_string(point.turn);
    if (point.cycle) out["cycle"] = object(*point.cycle);
    if (point.proof && point.proof->refusal.empty()) out["radius"] = number(point.proof->radius);
    if (point.proof && !point.proof->refusal.empty()) out["not_certified"] = point.proof->refusal;
    return out;
}

bool on_one_line(const json& value) {
    return std::none_of(value.begin(), value.end(), [&](const json& part) {
        return part.is_object() || (part.is_array() && value.is_object());
    });
}

/// Objects of arrays and arrays of objects are spread over lines; all else is one line.
void lay_out(const json& value, std::size_t indent, std::string& out) {
    if (!value.is_structured() || on_one_line(value)) {
        out += value.dump(-1, ' ', false, json::error_handler_t::replace);
        return;
    }
    const bool keyed = value.is_object();
    const std::string line = fmt::format("\n{:{}}", "", indent + 2);
    char before = keyed ? '{' : '[';
    for (const auto& [key, part] : value.items()) {
        out += before + line;
        if (keyed) out += json(key).dump() + ": ";
        lay_out(part, indent + 2, out);
        before = ',';
    }
    out += line.substr(0, indent + 1) + (keyed ? '}' : ']');
}

json object(const stable_counts& counts) {
    const auto& [x_from, x_to, y_from, y_to] = counts.window;
    json places = json::array();
    for (const auto& [at, states] : counts.places) places.push_back({at.x, at.y, states});
    return {{"window", {x_from, x_to, y_from, y_to}},
            {"places", std::move(places)},
            {"uncounted", counts.uncounted},
            {"left_out", number(counts.left_out)},
            {"no_rest", counts.no_rest}};
}

json object(const diagram& curves) {
    json branches = json::array(), points = json::array();
    for (const auto& curve : curves.branches) branches.push_back(object(curve));
    for (const auto& point : curves.special_points) points.push_back(object(point));
    json out{{"branches", std::move(branches)}, {"special_points", std::move(points)}};
    const auto& search = curves.search;
    if (search.starts > 0) {
        json& told = out["search"] = {
            {"starts", search.starts}, {"states", search.states}, {"may_miss", search.may_miss}};
        for (const auto& gap : search_gaps()) told[gap.name] = search.*gap.count;
    }
    if (!curves.stable.places.empty()) out["stable_states"] = object(curves.stable);
    return out;
}

std::string text_of(const json& document) {
    std::string out;
    lay_out(document, 0, out);
    return out + '\n';
}

}  // namespace

std::string to_json(const result_document& result) {
    json out = top_level(result.heading);
    for (const auto& section : result.sections)
        out[section.name] = std::visit(
            [](const auto& data) -> json {
                using type = std::decay_t<decltype(data)>;
                if constexpr (std::is_same_v<type, double>)
                    return number(data);
                else if constexpr (std::is_same_v<type, diagram> ||
                                   std::is_same_v<type, named_numbers> ||
                                   std::is_same_v<type, table>)
                    return object(data);
                else
                    return data;
            },
            section.data);
    return text_of(out);
}

std::string to_json(const diagram_document& result) {
    json out = top_level(result.heading);
    out.update(object(result.data));
    return text_of(out);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <moebius/continuation/diagram.hpp>
#include <moebius/io/result_schema.hpp>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "result_layout.hpp"

namespace moebius {
namespace {

using json = nlohmann::ordered_json;

json reference(std::string_view name) { return {{"$ref", fmt::format("#/$defs/{}", name)}}; }
json array_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
json numbers_of(std::size_t length) {
    auto out = array_of({{"type", "number"}});
    out["minItems"] = out["maxItems"] = length;
    return out;
}
json words(const auto& known) {
    json out = json::array();
    for (const std::string_view word : known) out.push_back(word);
    return {{"enum", std::move(out)}};
}

/// The names of an enumeration, up to its last value.
template <typename Kind>
json words_up_to(Kind last) {
    std::vector<std::string_view> known;
    for (int i = 0; i <= static_cast<int>(last); ++i)
        known.push_back(to_string(static_cast<Kind>(i)));
    return words(known);
}

/// An object with these members, which all are needed, and others.
json object_with(const json& members) {
    json names = json::array();
    for (const auto& [name, member] : members.items()) names.push_back(name);
    return {{"type", "object"}, {"properties", members}, {"required", std::move(names)}};
}

json column(const column_layout& as) {
    using enum column_values;
    switch (as.values) {
        case finite:
            return array_of({{"type", "number"}});
        case flag:
            return array_of({{"enum", {0, 1}}});
        case index: {
            auto out = array_of({{"type", "integer"}, {"minimum", as.first}});
            out["description"] =
                fmt::format("each counts, from {}, on a row or a word of /{}", as.first, as.of);
            return out;
        }
        case number:
            break;
    }
    return array_of({{"type", {"number", "null"}}});
}

json table_schema(const table_layout& as) {
    json columns = json::object();
    for (const auto& one : as.columns) columns[std::string(one.name)] = column(one);
    auto out = object_with(columns);
    out["additionalProperties"] = reference("column");
    if (as.leading > 0) out["minProperties"] = as.leading;
    out["description"] = fmt::format(
        "columns of equal length, of {} rows or more; the first {} "
        "are finite",
        as.least_rows, as.leading);
    return out;
}

json heading_schema() {
    auto out = object_with({{"schema", {{"type", "string"}}},
                            {"version", {{"type", "string"}}},
                            {"command", {{"type", "string"}}},
                            {"parameters", reference("numbers")},
                            {"options", {{"type", "object"}}}});
    out["properties"]["model"] = {{"type", "string"}};
    out["properties"]["router"] = {{"type", "string"}};
    out["properties"]["seed"] = {{"type", "integer"}, {"minimum", 0}};
    return out;
}

json rotation_schema() {
    return {{"type", "string"},
            {"pattern", "^(\\([0-9 ]+\\))+$"},
            {"description",
             "of the groups, counted from 1: what one does the next does 1/m of the period later, "
             "m the length of the longest cycle"}};
}

json branch_schema(const auto& kinds, bool stable) {
    json columns{{"type", "object"},
                 {"minProperties", 2},
                 {"additionalProperties",
                  {{"type", "array"}, {"minItems", 1}, {"items", {{"type", {"number", "null"}}}}}},
                 {"description",
                  "of equal length; the varied parameters come first and are "
                  "finite"}};
    if (stable) columns["required"] = {"stable"};
    auto out = object_with({{"id", {{"type", "integer"}}},
                            {"kind", words(kinds)},
                            {"from", {{"type", "string"}}},
                            {"first", words_up_to(stop_reason::unresolved)},
                            {"last", words_up_to(stop_reason::unresolved)},
                            {"columns", std::move(columns)}});
    out["properties"]["groups"] = {{"type", "string"}, {"pattern", "^[0-9, -]+$"}};
    out["properties"]["copies"] = reference("any_number");
    out["properties"]["rotation"] = rotation_schema();
    return out;
}

json point_schema() {
    const json finite_array = array_of({{"type", "number"}});
    auto out = object_with(
        {{"label", {{"type", "string"}, {"minLength", 1}}},
         {"type", words_up_to(point_type::IFU)},
         {"branch", {{"type", "integer"}}},
         {"row", {{"type", "integer"}, {"minimum", 0}}},
         {"parameters", {{"type", "object"}, {"additionalProperties", {{"type", "number"}}}}},
         {"state", finite_array},
         {"multiplicity", {{"type", "integer"}, {"minimum", 0}}},
         {"eigenvalues", array_of({{"type", "array"},
                                   {"items", reference("any_number")},
                                   {"minItems", 2},
                                   {"maxItems", 2}})},
         {"normal_form", reference("numbers")},
         {"criticality", words(criticalities)},
         {"residual", reference("any_number")}});
    out["properties"]["groups"] = {{"type", "string"}, {"pattern", "^[0-9, -]+$"}};
    out["properties"]["rotation"] = rotation_schema();
    out["properties"]["cycle"] =
        object_with({{"period", {{"type", "number"}, {"exclusiveMinimum", 0}}},
                     {"degree", {{"type", "integer"}, {"minimum", 1}}},
                     {"times", finite_array},
                     {"states", finite_array}});
    out["properties"]["radius"] = {
        {"type", "number"},
        {"minimum", 0},
        {"description", "the true point is proven to be as near, relative to value or unit"}};
    out["properties"]["not_certified"] = {
        {"type", "string"}, {"minLength", 1}, {"description", "why no radius was proven"}};
    out["description"] = "label: unique; branch: the id of one of the branches; row: one of its";
    return out;
}

json diagram_schema_of(std::string_view branch) {
    auto out = object_with({{"branches", array_of(reference(branch))},
                            {"special_points", array_of(reference("special_point"))}});
    const json count{{"type", "integer"}, {"minimum", 0}};
    const auto gaps = search_gaps();
    auto& search = out["properties"]["search"] = object_with({{"starts", count},
                                                              {"states", count},
                                                              {"may_miss", {{"type", "boolean"}}},
                                                              {gaps.front().name, count}});
    for (const auto& gap : gaps.subspan(1)) search["properties"][gap.name] = count;
    auto stable = object_with({{"window", numbers_of(4)}, {"places", array_of(numbers_of(3))}});
    stable["description"] =
        "how many stable states there are: the window's two sides, and places of it, each with its "
        "count; parts without a place, and their share of the area";
    for (const auto* number : {"uncounted", "no_rest"}) stable["properties"][number] = count;
    stable["properties"]["left_out"] = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
    out["properties"]["stable_states"] = std::move(stable);
    return out;
}

/// Sections beside the heading.
json section_schema(const result_layout& as) {
    json members = json::object();
    for (const auto& one : as.tables)
        if (one.needed) members[std::string(one.name)] = table_schema(one);
    for (const auto name : as.words) members[std::string(name)] = array_of({{"type", "string"}});
    for (const auto name : as.diagrams) members[std::string(name)] = reference("diagram");
    for (const auto name : as.loci) members[std::string(name)] = reference("locus");
    auto out = object_with(members);
    for (const auto& one : as.tables)
        if (!one.needed) out["properties"][std::string(one.name)] = table_schema(one);
    return out;
}

json definitions() {
    const json any{{"anyOf", {{{"type", {"number", "null"}}}, {{"enum", {"inf", "-inf"}}}}},
                   {"description", "null: no number (NaN)"}};
    return {{"any_number", any},
            {"numbers", {{"type", "object"}, {"additionalProperties", reference("any_number")}}},
            {"column", array_of(reference("any_number"))},
            {"heading", heading_schema()},
            {"branch", branch_schema(diagram_kinds, true)},
            {"curve", branch_schema(locus_kinds, false)},
            {"special_point", point_schema()},
            {"diagram", diagram_schema_of("branch")},
            {"locus", diagram_schema_of("curve")}};
}

}  // namespace

std::string result_schema() {
    json schemas = json::array(), choices = json::array();
    const auto add = [&](std::string_view schema, json sections) {
        schemas.push_back(schema);
        choices.push_back({{"if", {{"properties", {{"schema", {{"const", schema}}}}}}},
                           {"then", std::move(sections)}});
    };
    add(diagram_schema, reference("diagram"));
    add(locus_schema, reference("locus"));
    for (const auto& one : result_layouts()) add(one.schema, section_schema(one));
    const json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "A result file of moebius"},
                   {"allOf",
                    {reference("heading"),
                     {{"properties", {{"schema", {{"enum", std::move(schemas)}}}}}},
                     {{"allOf", std::move(choices)}}}},
                   {"$defs", definitions()}};
    return out.dump(2) + '\n';
}

}  // namespace moebius

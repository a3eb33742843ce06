// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/io/json_file.hpp>

#include "json_parts.hpp"
#include "result_layout.hpp"

namespace moebius {

std::vector<double> numbers_from(const place& from) {
    return from.elements([](const place& value) { return value.number(); });
}

named_numbers named_numbers_from(const place& from) {
    named_numbers out;
    from.members(
        [&](const std::string& key, const place& value) { out.emplace_back(key, value.number()); });
    return out;
}

table table_from(const place& from) {
    table out;
    from.members([&](const std::string& key, const place& value) {
        out.names.push_back(key);
        out.columns.push_back(numbers_from(value));
        if (out.columns.back().size() != out.rows())
            value.reject(fmt::format("as long as the other columns ({})", out.rows()));
    });
    return out;
}

namespace {

option_value option_from(const place& from) {
    if (from.value().is_number() || from.not_finite()) return from.number();
    if (from.value().is_string()) return from.text();
    return from.elements([](const place& word) { return word.text(); });
}

result_heading heading_from(const place& from) {
    result_heading out;
    out.schema = from.at("schema").text();
    out.version = from.at("version").text();
    out.command = from.at("command").text();
    if (from.has("model")) out.model = from.at("model").text();
    if (from.has("router")) out.router = from.at("router").text();
    out.parameters = named_numbers_from(from.at("parameters"));
    from.at("options").members([&](const std::string& key, const place& value) {
        out.options.emplace_back(key, option_from(value));
    });
    if (from.has("seed")) out.seed = from.at("seed").whole<std::uint64_t>();
    return out;
}

bool is_heading(std::string_view key) {
    for (const auto* name :
         {"schema", "version", "command", "model", "router", "parameters", "options", "seed"})
        if (key == name) return true;
    return false;
}

std::vector<std::string> words_from(const place& from) {
    return from.elements([](const place& word) { return word.text(); });
}

template <typename Names>
bool among(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// A section is what its schema says, and of a schema's other sections the shape tells the type.
result_section section_from(const std::string& name, const place& from, const result_layout& as) {
    const auto& value = from.value();
    if (among(as.diagrams, name)) return {name, diagram_from(from, diagram_kind::one_parameter)};
    if (among(as.loci, name)) return {name, diagram_from(from, diagram_kind::two_parameters)};
    if (among(as.words, name)) return {name, words_from(from)};
    if (std::any_of(as.tables.begin(), as.tables.end(),
                    [&](const auto& one) { return one.name == name; }))
        return {name, table_from(from)};
    if (value.is_number() || from.not_finite()) return {name, from.number()};
    if (value.is_string()) return {name, from.text()};
    if (value.is_array()) return {name, words_from(from)};
    if (value.is_object() && !value.empty() && value.front().is_array())
        return {name, table_from(from)};
    return {name, named_numbers_from(from)};
}

/// How many rows or words a section has.
std::size_t size_of(const result_document& result, std::string_view name) {
    if (const auto* words = result.find<std::vector<std::string>>(name)) return words->size();
    const auto* rows = result.find<table>(name);
    return rows == nullptr ? 0 : rows->rows();
}

/// Checks one number of a table.
void check_value(const place& column, std::size_t row, double value, const column_layout& as,
                 std::size_t indices) {
    using enum column_values;
    if (as.values == number && std::isinf(value)) column.at(row).reject("a finite number or null");
    if (as.values == finite && !std::isfinite(value)) column.at(row).reject("a finite number");
    if (as.values == flag && value != 0 && value != 1) column.at(row).reject("0 or 1");
    if (as.values != index) return;
    const double least = static_cast<double>(as.first);
    const double end = static_cast<double>(as.first + indices);
    if (!(value >= least && value < end) || value != std::floor(value))
        column.at(row).reject(
            fmt::format("a whole number from {} that counts on one of the {} of "
                        "/{}",
                        as.first, indices, as.of));
}

void check_table(const place& from, const result_document& result, const table_layout& as) {
    const auto* data = result.find<table>(as.name);
    if (data == nullptr) {
        if (as.needed) from.lacks(as.name);
        return;
    }
    const std::string name(as.name);
    if (data->names.size() < as.leading || data->rows() < as.least_rows)
        from.at(name).reject(
            fmt::format("of at least {} columns{}", as.leading,
                        as.least_rows > 0 ? fmt::format(" and {} rows", as.least_rows) : ""));
    const auto here = from.at(name);
    const auto check = [&](std::size_t c, const column_layout& as_column) {
        const std::size_t indices = size_of(result, as_column.of);
        const auto column = here.at(data->names[c]);
        for (std::size_t row = 0; row < data->rows(); ++row)
            check_value(column, row, data->columns[c][row], as_column, indices);
    };
    for (std::size_t c = 0; c < as.leading; ++c) check(c, {{}, column_values::finite});
    for (const auto& column : as.columns) {
        const auto found = std::find(data->names.begin(), data->names.end(), column.name);
        if (found == data->names.end()) here.lacks(column.name);
        check(static_cast<std::size_t>(found - data->names.begin()), column);
    }
}

result_document document_from(const place& from, const result_layout& as) {
    result_document out{heading_from(from), {}};
    from.members([&](const std::string& key, const place& part) {
        if (!is_heading(key)) out.sections.push_back(section_from(key, part, as));
    });
    for (const auto* names : {&as.words, &as.diagrams, &as.loci})
        for (const auto name : *names) (void)from.at(std::string(name));
    for (const auto& one : as.tables) check_table(from, out, one);
    return out;
}

/// The layout of a result's schema; null for a diagram or a locus.
const result_layout* layout_from(const place& from, std::string_view schema) {
    if (schema == "moebius.plan/1")
        from.fail(" is of a sweep file: moebius run computes it, and plot draws its journals");
    if (schema == diagram_schema || schema == locus_schema) return nullptr;
    if (!schema.starts_with("moebius.") || !schema.ends_with("/1")) from.reject("moebius.<name>/1");
    const auto* known = layout_of(schema);
    if (known == nullptr) {
        std::vector<std::string_view> names{diagram_schema, locus_schema};
        for (const auto& one : result_layouts()) names.push_back(one.schema);
        from.reject("a schema that is known" + did_you_mean(schema.substr(0, 60), names));
    }
    return known;
}

diagram_document read_diagram(const place& from) {
    auto heading = heading_from(from);
    const bool over_two = heading.schema == locus_schema;
    auto data =
        diagram_from(from, over_two ? diagram_kind::two_parameters : diagram_kind::one_parameter);
    return {std::move(heading), std::move(data)};
}

}  // namespace

any_result read_result(const std::filesystem::path& path) {
    const auto document = read_json(path);
    json_origin origin{path.string(), document.bytes};
    const place top(document.value, origin);
    const auto* layout = layout_from(top.at("schema"), top.at("schema").text());
    if (layout == nullptr) return read_diagram(top);
    return document_from(top, *layout);
}

diagram_document read_diagram(const std::filesystem::path& path) {
    const auto document = read_json(path);
    json_origin origin{path.string(), document.bytes};
    const place top(document.value, origin);
    const auto schema = top.at("schema").text();
    if (layout_from(top.at("schema"), schema) != nullptr)
        throw io_error(
            path.string(),
            fmt::format("/schema is \"{}\", but a diagram or a locus is needed", schema));
    return read_diagram(top);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/io/json_file.hpp>
#include <nlohmann/json.hpp>

namespace moebius {
namespace {

using json = nlohmann::ordered_json;

/// A value in a file, and how one got there: what an error needs to say.
class place {
public:
    place(const json& value, const std::string& file) : value_(value), file_(file) {}

    [[noreturn]] void reject(std::string_view needed) const {
        std::string shown = value_.dump(-1, ' ', false, json::error_handler_t::replace);
        if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
        throw io_error(file_,
                       fmt::format("{} is {}, but it must be {}",
                                   pointer_.empty() ? "the document" : pointer_, shown, needed));
    }

    [[nodiscard]] place at(const std::string& key) const {
        if (!value_.is_object()) reject("an object");
        const auto found = value_.find(key);
        if (found == value_.end())
            throw io_error(file_, fmt::format("{}/{} is missing", pointer_, key));
        return {*found, file_, fmt::format("{}/{}", pointer_, key)};
    }
    [[nodiscard]] bool has(const std::string& key) const { return value_.contains(key); }

    [[nodiscard]] double number() const {
        if (value_.is_number()) return value_.get<double>();
        if (const auto words = not_finite()) return *words;
        reject("a number");
    }
    [[nodiscard]] std::optional<double> not_finite() const {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        if (value_ == "inf") return infinity;
        if (value_ == "-inf") return -infinity;
        if (value_ == "nan") return std::numeric_limits<double>::quiet_NaN();
        return std::nullopt;
    }
    template <typename Integer>
    [[nodiscard]] Integer whole() const {
        if (!value_.is_number_integer()) reject("a whole number");
        return value_.get<Integer>();
    }
    [[nodiscard]] bool truth() const {
        if (!value_.is_boolean()) reject("true or false");
        return value_.get<bool>();
    }
    [[nodiscard]] std::string text() const {
        if (!value_.is_string()) reject("a text");
        return value_.get<std::string>();
    }

    /// A word that `convert` knows.
    template <typename Convert>
    [[nodiscard]] auto word(Convert convert) const {
        try {
            return convert(text());
        } catch (const invalid_argument& unknown) {
            throw io_error(file_, fmt::format("{}: {}", pointer_, unknown.what()));
        }
    }

    /// f(key, place) for every member of an object.
    template <typename F>
    void members(F f) const {
        if (!value_.is_object()) reject("an object");
        for (const auto& [key, part] : value_.items())
            f(key, place(part, file_, fmt::format("{}/{}", pointer_, key)));
    }
    /// f of every element of an array, in a vector.
    template <typename F>
    [[nodiscard]] auto elements(F f) const {
        if (!value_.is_array()) reject("an array");
        std::vector<decltype(f(*this))> out;
        out.reserve(value_.size());
        for (std::size_t i = 0; i < value_.size(); ++i)
            out.push_back(f(place(value_[i], file_, fmt::format("{}/{}", pointer_, i))));
        return out;
    }

    [[nodiscard]] const json& value() const noexcept { return value_; }

private:
    place(const json& value, const std::string& file, std::string pointer)
        : value_(value), file_(file), pointer_(std::move(pointer)) {}

    const json& value_;
    const std::string& file_;
    std::string pointer_;
};

std::vector<double> numbers(const place& from) {
    return from.elements([](const place& value) { return value.number(); });
}

named_numbers object_of_numbers(const place& from) {
    named_numbers out;
    from.members(
        [&](const std::string& key, const place& value) { out.emplace_back(key, value.number()); });
    return out;
}

table columns(const place& from) {
    table out;
    from.members([&](const std::string& key, const place& value) {
        out.names.push_back(key);
        out.columns.push_back(numbers(value));
        if (out.columns.back().size() != out.rows())
            value.reject(fmt::format("as long as the other columns ({})", out.rows()));
    });
    return out;
}

option_value option(const place& from) {
    if (from.value().is_number() || from.not_finite()) return from.number();
    if (from.value().is_string()) return from.text();
    return from.elements([](const place& word) { return word.text(); });
}

result_heading heading(const place& from) {
    result_heading out;
    out.schema = from.at("schema").text();
    out.version = from.at("version").text();
    out.command = from.at("command").text();
    if (from.has("model")) out.model = from.at("model").text();
    if (from.has("router")) out.router = from.at("router").text();
    out.parameters = object_of_numbers(from.at("parameters"));
    from.at("options").members([&](const std::string& key, const place& value) {
        out.options.emplace_back(key, option(value));
    });
    if (from.has("seed")) out.seed = from.at("seed").whole<std::uint64_t>();
    return out;
}

branch one_branch(const place& from) {
    branch out;
    out.id = from.at("id").whole<int>();
    out.kind = from.at("kind").text();
    out.from = from.at("from").text();
    out.first = from.at("first").word(stop_reason_from_name);
    out.last = from.at("last").word(stop_reason_from_name);
    if (from.has("groups")) out.groups = from.at("groups").word(grouping_from);
    if (from.has("copies")) out.copies = from.at("copies").number();
    out.columns = columns(from.at("columns"));
    return out;
}

orbit one_orbit(const place& from) {
    return {from.at("period").number(), from.at("degree").whole<std::size_t>(),
            numbers(from.at("times")), numbers(from.at("states"))};
}

std::complex<double> eigenvalue(const place& from) {
    const auto parts = numbers(from);
    if (parts.size() != 2) from.reject("a pair [real, imaginary]");
    return {parts[0], parts[1]};
}

special_point one_point(const place& from) {
    special_point out;
    out.label = from.at("label").text();
    out.type = from.at("type").word(point_type_from_name);
    out.branch = from.at("branch").whole<int>();
    out.row = from.at("row").whole<std::size_t>();
    for (auto& [name, value] : object_of_numbers(from.at("parameters"))) {
        out.parameter_names.push_back(std::move(name));
        out.parameters.push_back(value);
    }
    out.state = numbers(from.at("state"));
    out.multiplicity = from.at("multiplicity").whole<int>();
    out.eigenvalues = from.at("eigenvalues").elements(eigenvalue);
    out.normal_form = object_of_numbers(from.at("normal_form"));
    out.criticality = from.at("criticality").text();
    out.residual = from.at("residual").number();
    if (from.has("groups")) out.groups = from.at("groups").word(grouping_from);
    if (from.has("cycle")) out.cycle = one_orbit(from.at("cycle"));
    return out;
}

search_record one_search(const place& from) {
    return {from.at("starts").whole<std::size_t>(), from.at("states").whole<std::size_t>(),
            from.at("may_miss").truth(), from.at("not_followed").whole<std::size_t>()};
}

diagram curves(const place& from) {
    return {from.at("branches").elements(one_branch), from.at("special_points").elements(one_point),
            from.has("search") ? one_search(from.at("search")) : search_record{}};
}

diagram_document diagram_from(const place& from) {
    auto top = heading(from);
    auto data = curves(from);
    return {std::move(top), std::move(data)};
}

bool is_heading(std::string_view key) {
    for (const auto* name :
         {"schema", "version", "command", "model", "router", "parameters", "options", "seed"})
        if (key == name) return true;
    return false;
}

/// A section's type is told by its shape.
result_section section(const std::string& name, const place& from) {
    const auto& value = from.value();
    if (value.is_number() || from.not_finite()) return {name, from.number()};
    if (value.is_string()) return {name, from.text()};
    if (value.is_array())
        return {name, from.elements([](const place& word) { return word.text(); })};
    if (from.has("branches")) return {name, curves(from)};
    if (!value.empty() && value.front().is_array()) return {name, columns(from)};
    return {name, object_of_numbers(from)};
}

result_document sections_from(const place& from) {
    result_document out{heading(from), {}};
    from.members([&](const std::string& key, const place& part) {
        if (!is_heading(key)) out.sections.push_back(section(key, part));
    });
    return out;
}

json parse(const std::string& file, const std::string& text) {
    try {
        return json::parse(text);
    } catch (const json::parse_error& failure) {
        const std::string_view words = failure.what();  // "[json...] parse error at line 1, ...: "
        const auto from = words.find(" at ");
        const auto to = words.find(": ");
        throw io_error(
            file, fmt::format("it is no JSON{}", from < to ? words.substr(from, to - from) : ""));
    }
}

}  // namespace

any_result read_result(const std::filesystem::path& path) {
    const std::string file = path.string();
    const json document = parse(file, read_file(path));
    const place top(document, file);
    const std::string schema = top.at("schema").text();
    if (schema == diagram_schema || schema == locus_schema) return diagram_from(top);
    if (!schema.starts_with("moebius.") || !schema.ends_with("/1"))
        top.at("schema").reject("moebius.<name>/1");
    return sections_from(top);
}

diagram_document read_diagram(const std::filesystem::path& path) {
    auto result = read_result(path);
    if (auto* found = std::get_if<diagram_document>(&result)) return std::move(*found);
    throw io_error(path.string(),
                   fmt::format("/schema is \"{}\", but a diagram or a locus is needed",
                               std::get<result_document>(result).heading.schema));
}

}  // namespace moebius

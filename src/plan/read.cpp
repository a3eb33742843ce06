// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/file_reader.hpp>
#include <moebius/base/text.hpp>
#include <moebius/io/atomic_file.hpp>
#include <moebius/plan/plan.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "plan_text.hpp"
#include "plan_value.hpp"

namespace moebius {
namespace {

using json = nlohmann::json;

constexpr std::size_t most_plan_bytes = std::size_t{1} << 26;

std::vector<std::string> words_of(const plan_value& at) {
    std::vector<std::string> out;
    if (at.value.is_array()) {
        for (std::size_t i = 0; i < at.list().value.size(); ++i) out.push_back(at.at(i).text());
        return out;
    }
    std::istringstream words(at.text());
    for (std::string word; words >> word;) out.push_back(word);
    if (out.empty()) at.reject("a command is needed");
    return out;
}

void read_spacing(const plan_value& at, plan_axis& out) {
    if (!at.has("spacing")) return;
    const auto word = at.at("spacing").text();
    if (word != "linear" && word != "log")
        at.at("spacing").reject("it is linear or log" +
                                did_you_mean(word, std::vector<std::string_view>{"linear", "log"}));
    out.logarithmic = word == "log";
    if (out.logarithmic && !(out.from > 0 && out.to > 0))
        at.reject("a range of log spacing has ends > 0");
}

plan_axis axis_of(const plan_value& at, bool counted) {
    at.require_keys({"parameter", "option", "values", "from", "to", "points", "spacing"});
    if (at.has("parameter") == at.has("option"))
        at.reject("one of the keys parameter and option is needed");
    plan_axis out;
    out.is_option = at.has("option");
    out.name = at.at(out.is_option ? "option" : "parameter").text();
    if (out.is_option) out.name.erase(0, out.name.find_first_not_of('-'));
    at.require_name(out.name);
    if (at.has("values")) {
        for (const char* other : {"from", "to", "points", "spacing"})
            if (at.has(other)) at.at(other).reject("it came beside values, which say all");
        const auto values = at.at("values").list();
        for (std::size_t i = 0; i < values.value.size(); ++i)
            out.values.push_back(values.at(i).number());
        return out;
    }
    out.from = at.needed("from").number();
    out.to = at.needed("to").number();
    if (counted)
        out.points = at.needed("points").count(1, most_plan_points);
    else if (at.has("points"))
        at.at("points").reject("a Latin hypercube has one number of points for all axes");
    read_spacing(at, out);
    if (!std::isfinite(out.to - out.from)) at.reject("its ends are too far apart for a double");
    if (counted && out.points > 1 && out.from == out.to)
        at.reject(fmt::format("its {} points would all be {:g}", out.points, out.from));
    return out;
}

/// A point that comes twice would count twice.
template <typename T>
void require_different(const plan_value& at, std::vector<T> values) {
    std::sort(values.begin(), values.end());
    const auto twice = std::adjacent_find(values.begin(), values.end());
    if (twice != values.end()) at.reject(fmt::format("{} comes twice", *twice));
}

/// What the command fixes has no axis and no seeds: it would be given twice.
/// @param setting  behind the flag, "NAME=", or empty
void require_not_fixed(const plan_value& at, const sweep_plan& plan, const std::string& flag,
                       const std::string& setting = "") {
    const auto whole = flag + '=' + setting;
    const auto& words = plan.command;
    for (std::size_t i = 1; i < words.size(); ++i)
        if (words[i].starts_with(whole) || (words[i] == flag && setting.empty()) ||
            (words[i - 1] == flag && !setting.empty() && words[i].starts_with(setting)))
            at.reject(fmt::format("the command has {}{}{}, too", flag, setting.empty() ? "" : " ",
                                  setting.substr(0, setting.find('='))));
}

void read_axes(const plan_value& plan, sweep_plan& out) {
    if (!plan.has("axes")) return;
    const auto axes = plan.at("axes").list();
    std::set<std::string> names;
    for (std::size_t i = 0; i < axes.value.size(); ++i) {
        out.axes.push_back(axis_of(axes.at(i), out.layout != plan_layout::latin));
        const auto& axis = out.axes.back();
        if (axis.is_option)
            require_not_fixed(axes.at(i), out, "--" + axis.name);
        else
            require_not_fixed(axes.at(i), out, "--set", axis.name + '=');
        if (!names.insert(axis.name).second) axes.at(i).reject(axis.name + " has an axis before");
        if (out.layout == plan_layout::grid) require_different(axes.at(i), axis.values);
        if (out.layout == plan_layout::list && axis.size() != out.axes[0].size())
            axes.at(i).reject(
                fmt::format("it has {} values and the first axis {}: a list has them "
                            "together",
                            axis.size(), out.axes[0].size()));
        if (out.layout == plan_layout::latin && !axis.values.empty())
            axes.at(i).reject("an axis of a Latin hypercube has the keys from and to");
    }
}

void read_layout(const plan_value& plan, sweep_plan& out) {
    if (!plan.has("layout")) return;
    const auto at = plan.at("layout");
    if (at.value.is_object()) {
        at.require_keys({"latin", "seed"});
        out.layout = plan_layout::latin;
        out.samples = at.needed("latin").count(1, most_plan_points);
        if (at.has("seed")) out.latin_seed = at.at("seed").count(0, most_plan_points);
        return;
    }
    const auto word = at.text();
    if (word == "list")
        out.layout = plan_layout::list;
    else if (word != "grid")
        at.reject("it is grid, list or {\"latin\": POINTS}" +
                  did_you_mean(word, std::vector<std::string_view>{"grid", "list"}));
}

void read_seeds(const plan_value& plan, sweep_plan& out) {
    if (!plan.has("seeds")) return;
    const auto at = plan.at("seeds");
    for (const auto& axis : out.axes)
        if (axis.name == "seed") at.reject("the axis seed came, too");
    require_not_fixed(at, out, "--seed");
    if (at.value.is_object()) {
        at.require_keys({"from", "count"});
        const auto from = at.needed("from").count(0, most_plan_points);
        const auto count = at.needed("count").count(1, most_counted_seeds);
        for (std::uint64_t i = 0; i < count; ++i) out.seeds.push_back(from + i);
        return;
    }
    for (std::size_t i = 0; i < at.list().value.size(); ++i)
        out.seeds.push_back(at.at(i).count(0, most_plan_points));
    require_different(at, out.seeds);
}

void read_keep(const plan_value& plan, sweep_plan& out) {
    const auto keep = plan.needed("keep");
    if (!keep.value.is_object() || keep.value.empty())
        keep.reject("names of quantities with their places in the result are needed");
    for (const auto& [name, pointer] : keep.value.items()) {
        keep.at(name).require_name(name);
        if (name == "seed") keep.at(name).reject("seeds have that name");
        const auto text = keep.at(name).text();
        if (text[0] != '/')
            keep.at(name).reject("a JSON pointer such as /equilibria/x/0 is needed");
        for (const auto& axis : out.axes)
            if (axis.name == name) keep.at(name).reject("an axis has that name");
        out.keep.push_back({name, text});
    }
}

/// What tells neighbours apart; with no word of it, the one quantity that is kept.
void read_differences(const plan_value& at, sweep_plan& out) {
    auto& to = out.refined;
    if (out.keep.size() > 1) static_cast<void>(at.needed("of"));
    if (at.has("of")) {
        const auto name = at.at("of").text();
        std::vector<std::string_view> names;
        for (const auto& one : out.keep) names.emplace_back(one.name);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end())
            at.at("of").reject("no kept quantity has that name" + did_you_mean(name, names));
        to.of = static_cast<std::size_t>(found - names.begin());
    }
    if (at.has("by") && at.has("level")) at.at("by").reject("it came beside a level");
    if (at.has("by")) to.by = at.at("by").number();
    if (!(to.by >= 0)) at.at("by").reject("a difference >= 0 is needed");
    if (at.has("level")) to.level = at.at("level").number();
}

void read_refined(const plan_value& plan, sweep_plan& out) {
    if (!plan.has("refine")) return;
    const auto at = plan.at("refine");
    at.require_keys({"halvings", "of", "by", "level"});
    constexpr std::uint64_t most_halvings = 24;
    out.refined.halvings = at.needed("halvings").count(1, most_halvings);
    read_differences(at, out);
    const bool fits = out.layout == plan_layout::grid && out.axes.size() == 2 && out.seeds.empty();
    if (!fits) at.reject("what is refined is a grid of two axes without seeds");
    double coarse = 1;
    for (const auto& axis : out.axes) {
        if (axis.points < 2) at.reject("what is refined is a range of two points or more an axis");
        coarse *= static_cast<double>(axis.points);
    }
    constexpr double most_coarse = 1 << 28;  // they are listed
    if (coarse > most_coarse)
        at.reject(fmt::format("its coarse grid has {:.3g} points, and 2^28 is the most", coarse));
}

/// Before points() is asked for, which multiplies.
void check_size(const plan_value& plan, const sweep_plan& of) {
    double total = static_cast<double>(std::max<std::size_t>(1, of.seeds.size()));
    if (of.layout == plan_layout::latin) total *= static_cast<double>(of.samples);
    for (std::size_t axis = 0; axis < of.axes.size(); ++axis)
        if (of.layout == plan_layout::grid || (of.layout == plan_layout::list && axis == 0))
            total *= static_cast<double>(of.axes[axis].size()) *
                     std::exp2(static_cast<double>(of.refined.halvings));
    if (total > static_cast<double>(most_plan_points))
        plan.reject(fmt::format("it has {:.3g} points, and 2^53 is the most", total));
}

/// The document, in no object of which a key comes twice: the last one would win silently.
json document_of(std::string_view text, const std::string& where) {
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto each_once = [&](int, json::parse_event_t event, const json& at) {
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key && !keys.back().insert(at.get<std::string>()).second)
            throw io_error(where, fmt::format("the key {} comes twice in one object",
                                              excerpt(at.get<std::string>())));
        return true;
    };
    try {
        return json::parse(text, each_once);
    } catch (const json::exception& fault) {
        const std::string_view words =
            fault.what();  // "[...] parse error at line 1, column 3: ..."
        const auto from = words.find(" at line "), to = words.find(": ", from);
        throw io_error(where,
                       from < to && to != words.npos
                           ? fmt::format("it is no JSON{}", words.substr(from, to - from))
                           : "it is no JSON, or has a number beyond those of double precision");
    }
}

}  // namespace

sweep_plan parse_plan(std::string_view text, const std::string& where) {
    const auto parsed = document_of(text, where);
    const plan_value plan{parsed, "", where};
    plan.require_keys({"schema", "command", "axes", "layout", "seeds", "keep", "refine"});
    if (plan.needed("schema").text() != "moebius.plan/1")
        plan.at("schema").reject("a sweep file says moebius.plan/1");
    sweep_plan out;
    out.command = words_of(plan.needed("command"));
    read_layout(plan, out);
    read_axes(plan, out);
    if (out.layout != plan_layout::grid && out.axes.empty())
        plan.reject("a list or a Latin hypercube has axes");
    read_seeds(plan, out);
    read_keep(plan, out);
    read_refined(plan, out);
    check_size(plan, out);
    out.text = text_of(out);
    return out;
}

sweep_plan read_plan(const std::filesystem::path& path) {
    if (const auto size = file_reader(path).size(); size && *size > most_plan_bytes)
        throw io_error(path.string(), "it has more than 64 MiB, which is no sweep file");
    return parse_plan(read_file(path), path.string());
}

}  // namespace moebius

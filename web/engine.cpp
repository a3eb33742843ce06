// SPDX-License-Identifier: MIT
// The door through which a page calls the library: a request as JSON in, an answer as JSON out.
#include <algorithm>
#include <array>
#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/io/json_file.hpp>
#include <moebius/model/cell_field.hpp>
#include <string>

#include "request.hpp"

namespace moebius::web {
namespace {

std::vector<parameter_range> ranges_from(const json& request) {
    std::vector<parameter_range> out;
    for (const auto& one : request.at("vary"))
        out.push_back({one.at("name").get<std::string>(), one.at("from").get<double>(),
                       one.at("to").get<double>()});
    return out;
}

/// Experts that nothing tells apart become one group, as in the program.
problem grouped(problem at, const std::vector<parameter_range>& varied) {
    if (!at.model->cells()) return at;
    std::vector<std::size_t> apart;
    for (const auto& range : varied) apart.push_back(at.index_of(range.name));
    const auto groups = coarsest_groups(at, apart);
    return at.model->cells()->regrouped(groups) ? regrouped(at, groups) : at;
}

result_heading heading_of(const json& request, const problem& at, std::string_view schema) {
    result_heading out;
    out.schema = schema;
    out.command = request.value("command", "moebius explore");
    out.model = request.at("model").get<std::string>();
    const auto names = parameter_names(*at.model);
    for (std::size_t i = 0; i < names.size(); ++i)
        out.parameters.emplace_back(names[i], at.parameters[i]);
    return out;
}

/// A first picture: the same branches but for those that come and go between the searches, in
/// longer steps.
continuation_options draft_options() {
    continuation_options out;
    out.searches = 2;
    out.scans = 1;
    out.max_step = 0.3;
    return out;
}

/// A diagram over one parameter or a locus over two: `vary`, name, from, to of each; a diagram may
/// be a `draft`. The answer is the program's result file.
std::string curves(const json& request) {
    const auto over = ranges_from(request);
    if (over.empty() || over.size() > 2)
        throw invalid_argument("vary", std::to_string(over.size()) + " ranges came",
                               "there must be one or two");
    const auto at = grouped(problem_from(request), over);
    const bool one = over.size() == 1;
    const auto options = request.value("draft", false) ? draft_options() : continuation_options{};
    auto found = one ? equilibrium_diagram(at, over[0], options) : locus(at, over[0], over[1]);
    return to_json(
        diagram_document{heading_of(request, at, one ? diagram_schema : locus_schema), found});
}

using question = json (*)(const json&);
constexpr std::array<std::pair<std::string_view, question>, 7> questions{{
    {"models", [](const json&) { return models(); }},
    {"tokens", take_tokens},
    {"settle", settled},
    {"potential", potential},
    {"plane", plane},
    {"start", start_loop},
    {"run", run_loop},
}};

std::string answer(const json& request) {
    const auto asked = request.at("ask").get<std::string>();
    if (asked == "curves") return curves(request);
    const auto found = std::find_if(questions.begin(), questions.end(),
                                    [&](const auto& one) { return one.first == asked; });
    if (found == questions.end())
        throw invalid_argument("ask", "'" + asked + "' came", "the page knows no such question");
    return found->second(request).dump();
}

}  // namespace
}  // namespace moebius::web

/// Answers one request. What goes wrong comes back as a sentence under "error".
/// @param request  of JSON: ask, and what web/request.hpp says of it
/// @return JSON, good until the next call
extern "C" const char* moebius_answer(const char* request) {
    using moebius::web::json;
    static std::string text;
    try {
        text = moebius::web::answer(json::parse(request));
    } catch (const std::exception& failure) {
        text = json{{"error", failure.what()}}.dump();
    }
    return text.c_str();
}

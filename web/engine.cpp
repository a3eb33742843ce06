// SPDX-License-Identifier: MIT
// The door through which a page calls the library: a request as JSON in, an answer as JSON out.
#include <cstdlib>
#include <exception>
#include <moebius/base/error.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/model/registry.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using json = nlohmann::ordered_json;

/// The model that a request names, its parameters set where it sets them.
moebius::problem problem_from(const json& request) {
    moebius::expert_options options;
    options.experts = request.value("experts", options.experts);
    options.top_k = request.value("top_k", options.top_k);
    options.controlled = request.value("controlled", options.controlled);
    auto made = moebius::make_problem(request.at("model").get<std::string>(), options);
    const json set = request.value("parameters", json::object());  // lives through the loop
    for (const auto& [name, value] : set.items()) made.set(name, value.get<double>());
    return made;
}

moebius::parameter_range range_from(const json& varied) {
    return {varied.at("name").get<std::string>(), varied.at("from").get<double>(),
            varied.at("to").get<double>()};
}

json answer_of(const moebius::diagram& found) {
    json out{{"branches", json::array()}, {"points", json::array()}};
    for (const auto& branch : found.branches) {
        json columns = json::object();
        for (const auto& name : branch.columns.names) columns[name] = branch.columns.at(name);
        out["branches"].push_back(
            {{"kind", branch.kind}, {"copies", branch.copies}, {"columns", std::move(columns)}});
    }
    for (const auto& point : found.special_points)
        out["points"].push_back({{"label", point.label},
                                 {"branch", point.branch},
                                 {"parameter_names", point.parameter_names},
                                 {"parameters", point.parameters},
                                 {"state", point.state},
                                 {"criticality", point.criticality}});
    return out;
}

json answer(const json& request) {
    const auto asked = request.at("ask").get<std::string>();
    const auto problem = problem_from(request);
    const auto& vary = request.at("vary");
    if (asked == "diagram")
        return answer_of(moebius::equilibrium_diagram(problem, range_from(vary.at(0))));
    if (asked == "locus")
        return answer_of(moebius::locus(problem, range_from(vary.at(0)), range_from(vary.at(1))));
    throw moebius::invalid_argument("ask", "'" + asked + "' came", "it must be diagram or locus");
}

}  // namespace

/// Answers one request. What goes wrong comes back as a sentence under "error".
/// @param request  of JSON: ask (diagram or locus), model, vary (name, from, to: one or two) and,
///                 as the model takes them, experts, top_k, controlled, parameters
/// @return JSON, good until the next call
extern "C" const char* moebius_answer(const char* request) {
    static std::string text;
    try {
        text = answer(json::parse(request)).dump();
    } catch (const std::exception& failure) {
        text = json{{"error", failure.what()}}.dump();
    }
    return text.c_str();
}

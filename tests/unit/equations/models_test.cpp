// SPDX-License-Identifier: MIT
// Models that come as text find what the same models in C++ find.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/bifurcation/map_points.hpp>
#include <moebius/equations/equations.hpp>
#include <moebius/model/cell_field.hpp>
#include <moebius/model/registry.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "oracle/textbook.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;

namespace {

equations read(const std::string& name) {
    const std::string file = MOEBIUS_DATA_DIR "/equations/" + name + ".ode";
    std::ifstream in(file);
    REQUIRE(in);
    return read_equations(std::string(std::istreambuf_iterator<char>(in), {}), name, file);
}

problem with(problem base, const std::vector<std::pair<std::string, double>>& values) {
    for (const auto& [name, value] : values) base.set(name, value);
    return base;
}

/// Values of a located point to compare: sorted, since order and labels may differ.
std::vector<std::pair<point_type, std::vector<double>>> points_of(const diagram& of,
                                                                  const std::string& varied,
                                                                  bool states) {
    std::vector<std::pair<point_type, std::vector<double>>> out;
    for (const auto& point : of.special_points) {
        if (point.type == point_type::EP) continue;
        const auto place =
            std::find(point.parameter_names.begin(), point.parameter_names.end(), varied);
        std::vector<double> values{
            point.parameters[static_cast<std::size_t>(place - point.parameter_names.begin())]};
        if (states) values.insert(values.end(), point.state.begin(), point.state.end());
        for (double& v : values) v = std::abs(v) < 1e-10 ? 0 : v;  // so that -0 sorts as 0
        out.emplace_back(point.type, std::move(values));
    }
    // Two that differ by rounding alone sort alike.
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        for (std::size_t i = 0; i < a.second.size(); ++i)
            if (std::abs(a.second[i] - b.second[i]) > 1e-8) return a.second[i] < b.second[i];
        return false;
    });
    return out;
}

void check_same(const diagram& text, const diagram& compiled, const std::string& varied,
                bool states = true) {
    const auto found = points_of(text, varied, states),
               wanted = points_of(compiled, varied, states);
    CHECK(!wanted.empty());
    REQUIRE(found.size() == wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        CAPTURE(k, to_string(wanted[k].first));
        CHECK(found[k].first == wanted[k].first);
        for (std::size_t i = 0; i < wanted[k].second.size(); ++i)
            CHECK_THAT(found[k].second[i],
                       WithinAbs(wanted[k].second[i], 1e-9 * (1 + std::abs(wanted[k].second[i]))));
    }
}

void check_diagrams(const std::string& name, const problem& compiled, const parameter_range& range,
                    const std::vector<std::pair<std::string, double>>& values = {}) {
    CAPTURE(name, range.name);
    const auto text = with(with_defaults(read(name).model), values);
    check_same(equilibrium_diagram(text, range), equilibrium_diagram(with(compiled, values), range),
               range.name);
}

}  // namespace

TEST_CASE("texts of shipped models find their special points", "[equations][oracle]") {
    SECTION("two experts") {
        const auto model = make_problem("two-expert");
        check_diagrams("two-expert", model, {"feedback", 0.5, 20});
        check_diagrams("two-expert", model, {"bias", -9, 9}, {{"feedback", 8}});
    }
    SECTION("two experts under a controller") {
        check_diagrams("controlled", make_problem("two-expert", {.controlled = true}),
                       {"feedback", 0.5, 5}, {{"gain", 0.5}, {"leak", 0.1}});
    }
}

TEST_CASE("texts of many experts have the points of the groups", "[equations][oracle]") {
    const auto [name, experts, varied] =
        GENERATE(Catch::Generators::table<std::string, std::size_t, parameter_range>(
            {{"softmax", 3, {"feedback", 1, 8}}, {"exact-k", 4, {"feedback", 1, 12}}}));
    CAPTURE(name);
    const auto text = regrouped(with_defaults(read(name).model), one_group(experts));
    const auto alike =
        regrouped(make_problem(name, {.experts = experts, .top_k = 2}), one_group(experts));
    const auto found = equilibrium_diagram(text, varied),
               wanted = equilibrium_diagram(alike, varied);
    check_same(found, wanted, varied.name);
    REQUIRE(found.branches.size() == wanted.branches.size());
    for (std::size_t b = 0; b < wanted.branches.size(); ++b)
        CHECK(found.branches[b].copies == wanted.branches[b].copies);
    for (std::size_t k = 0; k < wanted.special_points.size(); ++k) {
        CHECK(found.special_points[k].groups == wanted.special_points[k].groups);
        CHECK(found.special_points[k].multiplicity == wanted.special_points[k].multiplicity);
    }
}

TEST_CASE("texts of textbook systems find their special points", "[equations][oracle]") {
    using namespace oracle;
    check_diagrams("co-oxidation", problem_of<co_oxidation>(), {"q2", 0.5, 2.3});
    check_diagrams("stirred-tank", problem_of<stirred_tank>(), {"D", 0, 0.4}, {{"B", 18}});
    check_diagrams("predator-prey", problem_of<predator_prey>(), {"p", 0, 1});
    check_diagrams("cusp-form", problem_of<cusp_form>(), {"mu", -2, 2});
    check_diagrams("hill-toggle", problem_of<hill_toggle>(), {"S", 0.1, 5});
    check_diagrams("fitzhugh-nagumo", problem_of<fitzhugh_nagumo>(), {"I", 0, 3});
    check_diagrams("cell-ring", problem_of<cell_ring<4>>(), {"lambda", -1, 2.5});
    check_diagrams("lorenz-63", problem_of<lorenz_63>(), {"rho", 0, 30});
    check_diagrams("genesio-tesi", problem_of<genesio_tesi>(), {"alpha", 0.1, 2});
    check_diagrams("bautin-form", problem_of<bautin_form>(), {"mu", -0.5, 0.5});
}

TEST_CASE("a text's points in two parameters are those of C++", "[equations][oracle]") {
    const parameter_range q2{"q2", 0.5, 2.3}, k{"k", 0.05, 1.2};
    const auto text = with_defaults(read("co-oxidation").model);
    const auto compiled = problem_of<oracle::co_oxidation>();
    const auto type = GENERATE(point_type::LP, point_type::HB);
    const auto points = equilibrium_diagram(compiled, q2).special_points;
    const auto start = std::find_if(points.begin(), points.end(),
                                    [&](const special_point& p) { return p.type == type; });
    REQUIRE(start != points.end());
    const auto found = locus(text, q2, k, {}, *start), wanted = locus(compiled, q2, k, {}, *start);
    check_same(found, wanted, "q2");  // CP and BT, or GH and BT
    check_same(found, wanted, "k", false);
}

TEST_CASE("a map's text finds the points of its rule", "[equations][oracle]") {
    const auto read_map = read("henon");
    REQUIRE(read_map.is_map);
    const std::size_t period = GENERATE(as<std::size_t>{}, 1, 2);
    const parameter_range range{"a", 0.1, 1.2};
    check_same(period_diagram(with_defaults(read_map.model), {1, period}, range),
               period_diagram(problem_of<oracle::henon>(), {1, period}, range), "a");
}

TEST_CASE("the page's example is the controlled softmax model", "[equations][docs]") {
    std::ifstream in(MOEBIUS_DATA_DIR
                     "/../docs/equations"
                     ".md");
    const std::string page(std::istreambuf_iterator<char>(in), {}), fence = "\n```\n";
    const std::size_t begin = page.find(fence) + fence.size();
    const auto text =
        read_equations(page.substr(begin, page.find(fence, begin) - begin), "router", "page");
    const auto at = with_defaults(text.model);
    REQUIRE(text.model->experts() == 8);
    REQUIRE(text.model->dimension() == 16);
    std::vector<double> x(16), f(16), loads(8), wanted(16);
    for (std::size_t i = 0; i < 16; ++i) x[i] = std::sin(1.0 + static_cast<double>(i));
    double sum = 0;
    for (std::size_t e = 0; e < 8; ++e) sum += std::exp(x[e] + x[8 + e]);
    text.model->rhs(x, at.parameters, f);
    text.model->loads(x, at.parameters, loads);
    for (std::size_t e = 0; e < 8; ++e) {  // docs/theory.md section 5, without the pull to the mean
        const double p = std::exp(x[e] + x[8 + e]) / sum;
        CHECK_THAT(loads[e], WithinAbs(p, 1e-15));
        CHECK_THAT(f[e], WithinAbs(4 * p - x[e], 1e-14));
        CHECK_THAT(f[8 + e], WithinAbs(-0.1 * (p - 0.125) - 0.05 * x[8 + e], 1e-15));
    }
}

TEST_CASE("a text of smooth functions is known over enclosures", "[equations]") {
    const auto model = read("two-expert").model;
    const std::vector<enclosed> x{0.3}, p{4.0, 1.0, 1.0, 0.1};
    std::vector<enclosed> f(1);
    REQUIRE(model->enclose(x, p, f));
    const double value = 4 * std::tanh(0.15) + 0.1 - 0.3;
    CHECK(f[0].value().low <= value);
    CHECK(f[0].value().high >= value);
    CHECK(f[0].value().high - f[0].value().low < 1e-14);
    CHECK_FALSE(read_equations("x'=abs(x)", "m", "m").model->enclose({x.data(), 1}, {}, f));
}

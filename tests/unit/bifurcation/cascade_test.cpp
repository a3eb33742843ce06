// SPDX-License-Identifier: MIT
// Cycles that double, and double again.
#include <cmath>
#include <initializer_list>
#include <moebius/bifurcation/cycles.hpp>
#include <moebius/bifurcation/equilibria.hpp>
#include <moebius/bifurcation/locus.hpp>
#include <moebius/equations/equations.hpp>
#include <moebius/model/model.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "unit/special_points.hpp"

using namespace moebius;

namespace {

using test::of_type;

problem read(std::string_view text) {
    problem at{read_equations(text, "m", "m").model, {}};
    for (const auto& each : at.model->parameters()) at.parameters.push_back(each.value);
    return at;
}

diagram cycles_from(const problem& at, const parameter_range& range, const special_point& start,
                    const continuation_options& options) {
    diagram made;
    add_cycle_branch(made, at, range, start, options);
    return made;
}

/// Hodgkin and Huxley's axon, whose rates are 0/0 at -40 and -55 mV.
problem axon() {
    return read(
        "par i=0, gna=120, gk=36, gl=0.3\n"
        "am=0.1*(v+40)/(1-exp(-(v+40)/10))\n"
        "bm=4*exp(-(v+65)/18)\n"
        "ah=0.07*exp(-(v+65)/20)\n"
        "bh=1/(1+exp(-(v+35)/10))\n"
        "an=0.01*(v+55)/(1-exp(-(v+55)/10))\n"
        "bn=0.125*exp(-(v+65)/80)\n"
        "v'=i-gna*m^3*h*(v-50)-gk*n^4*(v+77)-gl*(v+54.4)\n"
        "m'=am*(1-m)-bm*m\nh'=ah*(1-h)-bh*h\nn'=an*(1-n)-bn*n\n"
        "init v=-65, m=0.0529, h=0.596, n=0.317\n");
}

/// The varied parameter, the first one, at labels of a type.
std::vector<double> places(const diagram& of, point_type type) {
    std::vector<double> found;
    for (const auto& point : of_type(of, type)) found.push_back(point.parameters[0]);
    return found;
}

}  // namespace

// A Colpitts oscillator, G. M. Maggio et al., IEEE Trans. Circuits Syst. I 46 (1999) 1118.
TEST_CASE("cycles that double four times end in the doubling of those of half the period",
          "[cycles][long]") {
    const auto at = read(
        "par g=3, q=1, k=0.5\n"
        "x'=g/(q*(1-k))*(1-exp(-y)+z)\n"
        "y'=g/(q*k)*z\n"
        "z'=-q*k*(1-k)/g*(x+y)-z/q\n");
    const parameter_range range{"g", 0.5, 8};
    auto level = cycles_from(at, range, equilibrium_diagram(at, range).at("HB1"), {});
    for (int doubled = 0; doubled < 3; ++doubled)
        level = cycles_from(at, range, level.at("PD1"), {.max_step = 0.3});

    const auto before = places(level, point_type::PD);
    REQUIRE(before.size() == 3);
    for (const double max_step : {0.1, 0.5, 1.0}) {
        const auto last = cycles_from(at, range, level.at("PD1"), {.max_step = max_step});
        CHECK(last.branches.at(0).last == stop_reason::period_doubling);
        CHECK(of_type(last, point_type::LPC).empty());
        CHECK(of_type(last, point_type::BP).empty());
        const auto found = places(last, point_type::PD);
        REQUIRE(found.size() == 3);
        CHECK_THAT(found[0], WithinAbs(4.189951, 1e-6));
        CHECK_THAT(found[1], WithinAbs(5.587345, 1e-6));
        CHECK_THAT(found[2], WithinAbs(before[1], 1e-7));  // found from the other side
    }
}

TEST_CASE("a multiplier that falls from 1e10 to -1e8 in a step passes 1 and -1", "[cycles][long]") {
    const auto at = read(
        "par b=5.9, a=2, l1=1.3, l2=13\n"
        "x1'=a-(b+1)*x1+x1^2*y1+l1*(x2-x1)\n"
        "y1'=b*x1-x1^2*y1+l2*(y2-y1)\n"
        "x2'=a-(b+1)*x2+x2^2*y2+l1*(x1-x2)\n"
        "y2'=b*x2-x2^2*y2+l2*(y1-y2)\n"
        "init x1=2,y1=2.9,x2=2,y2=2.9\n");
    const parameter_range range{"b", 3, 8};
    const auto hopf = equilibrium_diagram(at, range).at("HB2");

    const auto found = cycles_from(at, range, hopf, {.max_step = 1, .longest_period = 20.3});

    // Folds and doublings next to each other, on the way into a homoclinic orbit.
    const auto folds = places(found, point_type::LPC), doublings = places(found, point_type::PD);
    REQUIRE(folds.size() == 8);
    REQUIRE(doublings.size() == folds.size() + 1);
    for (std::size_t k = 0; k < folds.size(); ++k)
        CHECK_THAT(doublings[k + 1], WithinAbs(folds[k], 1e-8));
}

TEST_CASE("a doubling's criticality is none that a node next to 0/0 makes", "[cycles][oracle]") {
    const auto at = axon();
    const parameter_range range{"i", 0, 200};
    const auto hopf = equilibrium_diagram(at, range).at("HB1");
    for (const double max_step : {1.0, 3.0}) {
        const auto found = cycles_from(at, range, hopf, {.max_step = max_step});
        const auto doublings = of_type(found, point_type::PD);
        REQUIRE(doublings.size() == 2);
        for (const auto& point : doublings) CHECK(point.criticality == "subcritical");
    }
}

TEST_CASE("a doubling in the first step from another one is found", "[cycles][oracle]") {
    const auto at = read(
        "par I=0\n"
        "am(v)=0.1*(25-v)/(exp((25-v)/10)-1)\nbm(v)=4*exp(-v/18)\n"
        "ah(v)=0.07*exp(-v/20)\nbh(v)=1/(exp((30-v)/10)+1)\n"
        "an(v)=0.01*(10-v)/(exp((10-v)/10)-1)\nbn(v)=0.125*exp(-v/80)\n"
        "init v=0,m=.05,h=.6,n=.32\n"
        "v'=I-120*m^3*h*(v-115)-36*n^4*(v+12)-0.3*(v-10.599)\n"
        "m'=am(v)*(1-m)-bm(v)*m\nh'=ah(v)*(1-h)-bh(v)*h\nn'=an(v)*(1-n)-bn(v)*n\n");
    const parameter_range range{"I", 0, 200};
    const auto once =
        cycles_from(at, range, equilibrium_diagram(at, range).at("HB1"), {.max_step = 0.5});
    // two multipliers, 1908 and 1 at the start, are negative after a long step
    const auto twice = cycles_from(at, range, once.at("PD1"), {.max_step = 3});
    const auto found = places(twice, point_type::PD);
    REQUIRE(!found.empty());
    CHECK_THAT(found[0], WithinAbs(7.850681432, 1e-7));
    // its end lies beside a fold of the cycles of half the period
    CHECK(twice.branches.at(0).last == stop_reason::period_doubling);
    CHECK_THAT(found.back(), WithinAbs(once.at("PD2").parameters[0], 1e-7));
}

// E. N. Lorenz, Tellus 36A (1984) 98.
TEST_CASE("a curve of tori of doubled cycles ends where these have half the period",
          "[cycles][oracle]") {
    const auto at = read(
        "par F=1, G=1, a=0.25, b=4\ninit x=1\n"
        "x'=-y^2-z^2-a*x+a*F\ny'=x*y-b*x*z-y+G\nz'=b*x*y+x*z-z\n");
    const parameter_range range{"F", 1, 10};
    const continuation_options options{.max_step = 1};
    const auto once = cycles_from(at, range, equilibrium_diagram(at, range).at("HB1"), options);
    const auto torus = cycles_from(at, range, once.at("PD1"), options).at("NS1");

    const auto found = locus(at, {"F", 2, 10}, {"G", 0.2, 3}, options, torus);

    const auto& curve = found.branches.at(0);
    CHECK((curve.first == stop_reason::period_doubling ||
           curve.last == stop_reason::period_doubling));
    CHECK(of_type(found, point_type::LPNS).empty());
    CHECK(of_type(found, point_type::R3).size() == 2);
    CHECK(of_type(found, point_type::R4).size() == 2);
}

// T. R. Chay, Physica D 16 (1985) 233: a bursting cell.
TEST_CASE("who goes on where multipliers say nothing has labels again where they do", "[cycles]") {
    const auto at = read(
        "par gkc=10\n"
        "number vk=-75,vi=100,vl=-40,gkv=1700,gi=1800,gl=7,kca=0.1834782608695652\n"
        "number vca=100,rho=0.27,la=230\n"
        "am=0.1*(25+v)/(1-exp(-0.1*v-2.5))\nbm=4*exp(-(v+50)/18)\n"
        "ah=0.07*exp(-0.05*v-2.5)\nbh=1/(1+exp(-0.1*v-2))\n"
        "an=0.01*(20+v)/(1-exp(-0.1*v-2))\nbn=0.125*exp(-(v+30)/80)\n"
        "mi=am/(am+bm)\nhi=ah/(ah+bh)\nni=an/(an+bn)\n"
        "v'=gi*mi^3*hi*(vi-v)+gkv*n^4*(vk-v)+gkc*ca/(1+ca)*(vk-v)+gl*(vl-v)\n"
        "n'=la*(an+bn)*(ni-n)\n"
        "ca'=rho*(mi^3*hi*(vca-v)-kca*ca)\n"
        "init v=-40,n=0.1,ca=1\n");
    const parameter_range range{"gkc", 1, 40};
    const auto found = cycles_from(at, range, equilibrium_diagram(at, range).at("HB1"),
                                   {.max_step = 1, .max_points = 160, .multiplier_error = 1e300});
    const auto folds = places(found, point_type::LPC);
    REQUIRE(!folds.empty());
    CHECK_THAT(folds.back(), WithinAbs(19.621542, 1e-6));
}

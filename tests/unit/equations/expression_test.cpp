// SPDX-License-Identifier: MIT
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/equations/equations.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace moebius;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// An expression at x = 3, y = 2.
double value_at(const std::string& expression) {
    const auto model = read_equations("par q=5\nx'=" + expression + "\ny'=0\n", "m", "m.ode").model;
    const std::vector<double> x{3, 2}, p{5};
    std::vector<double> f(2);
    model->rhs(x, p, f);
    return f[0];
}

}  // namespace

TEST_CASE("precedence is XPPAUT's: comparisons bind like ^, signs like *", "[equations]") {
    // What xppaut 6.11 -silent writes for `aux a=...` at x = 3, y = 2.
    const auto [text, wanted] =
        GENERATE(table<std::string, double>({{"-x^2", -9},
                                             {"2^3^2", 64},
                                             {"-x^2+10", 1},
                                             {"1-x^2", -8},
                                             {"x>y+1", 2},
                                             {"x>2&y>3|1", 1},
                                             {"x/y*2", 3},
                                             {"mod(-x,y)", 1},
                                             {"flr(-2.5)", -3},
                                             {"heav(0)", 1},
                                             {"sign(0)", 0},
                                             {"8/2^2", 2},
                                             {"-x**2", -9},
                                             {"1|0&0", 1},
                                             {"not(0)+1", 2},
                                             {"x-y-1", 0},
                                             {"2*x>5", 0},
                                             {"max(x,y)^2", 9},
                                             {"x!=3", 0},
                                             {"x==3", 1},
                                             {"x<=3", 1},
                                             {"1+x>3", 1},
                                             {"-x+1", -2},
                                             {"-x*2", -6},
                                             {"mod(7.5,2)", 1.5},
                                             {"-(-x)", 3},
                                             {"x>y>0", 1},
                                             {"2^2*3", 12},
                                             {"sum(1,3)of(i'*i')", 14},
                                             {"2e-1+1.5E2", 150.2},
                                             {"if(x>2)then(7)else(8)+1", 8}}));
    CAPTURE(text);
    CHECK_THAT(value_at(text), WithinAbs(wanted, 1e-13));  // sums of a few numbers below 1000
}

TEST_CASE("the functions are those of the C library", "[equations]") {
    const auto [text, wanted] =
        GENERATE(table<std::string, double>({{"SIN(x)", std::sin(3.0)},
                                             {"cos(x)", std::cos(3.0)},
                                             {"tan(x)", std::tan(3.0)},
                                             {"asin(1/x)", std::asin(1 / 3.0)},
                                             {"acos(1/x)", std::acos(1 / 3.0)},
                                             {"atan(x)", std::atan(3.0)},
                                             {"atan2(-x,-y)", std::atan2(-3.0, -2.0)},
                                             {"sinh(x)", std::sinh(3.0)},
                                             {"cosh(x)", std::cosh(3.0)},
                                             {"tanh(x)", std::tanh(3.0)},
                                             {"exp(-x)", std::exp(-3.0)},
                                             {"ln(x)", std::log(3.0)},
                                             {"log(x)", std::log(3.0)},
                                             {"log10(x)", std::log10(3.0)},
                                             {"sqrt(x)", std::sqrt(3.0)},
                                             {"abs(-x)", 3.0},
                                             {"erf(x/2)", std::erf(1.5)},
                                             {"erfc(x)", std::erfc(3.0)},
                                             {"lgamma(x+y)", std::log(24.0)},
                                             {"min(x,y)+q", 7.0},
                                             {"x^y", 9.0},
                                             {"x^2.5", std::pow(3.0, 2.5)},
                                             {"pi*x", 3.0 * std::acos(-1.0)}}));
    CAPTURE(text);
    CHECK_THAT(value_at(text), WithinRel(wanted, 1e-15) || WithinAbs(wanted, 1e-15));
}

TEST_CASE("definitions, functions, sums and arrays are written out", "[equations]") {
    const auto model = read_equations(
        "par k=2\nnumber n=4  # a remark\n!twice=2*k\n"
        "f(x,y)=x*y+k\n"
        "g(v)=f(v,\\\n v)\ntotal=sum(1,3)of(shift(u1,i'-1))\n"
        "u[1..3]'=[j]*u[j]+total\n%[4..5]\nu[j]'=u[j-3]*u[j-2]\n%\n"
        "du6/dt=g(u1)+twice+n\naux seen=u1*t\ninit u[1..2]=0.5, u3 = -1\n"
        "U4(0)=2*PI\n",
        "m", "m.ode");
    SECTION("right-hand sides") {
        const std::vector<double> x{1, 2, 3, 4, 5, 6}, p{2};
        std::vector<double> f(6);
        model.model->rhs(x, p, f);
        CHECK(f == std::vector<double>{7, 10, 15, 2, 6, 11});
    }
    SECTION("starts") {
        std::vector<double> start(6);
        REQUIRE(model.model->initial(start));
        CHECK(start == std::vector<double>{0.5, 0.5, -1, 2 * std::acos(-1.0), 0, 0});
    }
    SECTION("names stay as they are written") {
        CHECK(model.model->state_names()[0] == "u1");
        CHECK(model.model->parameters()[0].name == "k");
    }
}

TEST_CASE("values of a list are numbers, in any spelling of one", "[equations]") {
    const auto model = read_equations("par a=+5, b = -3E-1,c=.5 d=2. e\nx'=0", "m", "m.ode").model;
    std::vector<double> values;
    for (const auto& info : model->parameters()) values.push_back(info.value);
    CHECK(values == std::vector<double>{5, -0.3, 0.5, 2, 0});
    REQUIRE_THROWS_WITH(read_equations("x'=0\npar a=1/2", "m", "m.ode"),
                        "m.ode:2: '1/2' came, but it must be a number");
}

TEST_CASE("what XPPAUT reads although it is no equation is left alone", "[equations]") {
    // Each line of these is read by xppaut 6.11, or left out, and x' is 3 there.
    const auto [text, ignored] = GENERATE(table<std::string, std::vector<std::string>>(
        {{"# par a=5, \\\nq=7\nq=3\nx'=q", {}},
         {"%[1..2]\n\"said of y[j]\ny[j]'=0\n%\nx'=3", {}},
         {"Two cells by somebody\nx'=3\nend", {"Two (line 1)", "end (line 3)"}},
         {"% k=2\nx'=3", {"% (line 1)"}},
         {"par a=1; b=2;\nx'=a+b", {}},
         {"par g.na=2,_k=1\nx'=g.na+_k", {}},
         {"x'=3\naux noise=ran(1)\naux late=delay(x,2)+t",
          {"aux noise (line 2)", "aux late (line 3)"}}}));
    CAPTURE(text);
    const auto read = read_equations(text, "m", "m.ode");
    CHECK(read.ignored == ignored);
    const auto at = with_defaults(read.model);
    std::vector<double> x(at.model->dimension()), f(x.size());
    at.model->rhs(x, at.parameters, f);
    CHECK(f.back() == 3);
}

TEST_CASE("starts are at t = 0 and the parameters' first values", "[equations]") {
    const auto model =
        read_equations("par a=2\n!h=a/4\nx[1..2](0)=t+[j]*h\ny(0)=a-1\nx[1..2]'=0\ny'=0", "m", "m")
            .model;
    std::vector<double> start(3);
    REQUIRE(model->initial(start));
    CHECK(start == std::vector<double>{0.5, 1, 1});
}

TEST_CASE("a parameter t holds the time still", "[equations]") {
    const auto on = with_defaults(read_equations("par T=4\nx'=heav(t-3)*t", "m", "m").model);
    std::vector<double> x{0}, f(1);
    on.model->rhs(x, on.parameters, f);
    CHECK(f[0] == 4);
}

TEST_CASE("loads of a line are one router's", "[equations]") {
    const std::vector<double> x{0.3, -0.2, 0.9}, p;
    std::vector<double> loads(3);
    SECTION("softmax, also where exp overflows") {
        const double scale = GENERATE(1.0, 2000.0);
        const auto model = read_equations("number c=" + std::to_string(scale) +
                                              "\nloads p[1..3]=softmax(c*s[j])\ns[1..3]'=p[j]\n",
                                          "m", "m.ode");
        model.model->loads(x, p, loads);
        double sum = 0;
        for (const double s : x) sum += std::exp(scale * (s - 0.9));
        for (std::size_t e = 0; e < 3; ++e)
            CHECK_THAT(loads[e], WithinRel(std::exp(scale * (x[e] - 0.9)) / sum, 1e-12));
    }
    SECTION("exact_k: shares of the pairs that hold an expert") {
        const auto model =
            read_equations("loads p[1..3]=exact_k(2, s[j])\ns[1..3]'=p[j]\n", "m", "m.ode");
        model.model->loads(x, p, loads);
        const auto pair = [&](std::size_t a, std::size_t b) { return std::exp(x[a] + x[b]); };
        const double all = pair(0, 1) + pair(0, 2) + pair(1, 2);
        CHECK_THAT(loads[0], WithinRel((pair(0, 1) + pair(0, 2)) / (2 * all), 1e-14));
        CHECK_THAT(loads[1], WithinRel((pair(0, 1) + pair(1, 2)) / (2 * all), 1e-14));
    }
}

TEST_CASE("what is no model is refused with file, line and rule", "[equations][error]") {
    const auto [text, sentence] = GENERATE(table<std::string, std::string>(
        {{"x'=y", "m.ode:1: 'y' is unknown, but a name is declared somewhere"},
         {"par alpha=1\n\nx'=alhpa",
          "m.ode:3: 'alhpa' is unknown, but a name is declared "
          "somewhere; did you mean 'alpha'?"},
         {"x'=2*-x", "m.ode:1: '-x' came in '2*-x', but a number, a name or '(' is needed there"},
         {"x'=(x", "m.ode:1: '(x' ends too soon, but ')' is needed there"},
         {"x'=x x", "m.ode:1: 'x' came in 'x x', but an operator or the end is needed there"},
         {"x'=sin(x,x)", "m.ode:1: sin came with 2 arguments, but it takes 1"},
         {"x'=a\na=b\nb=a", "m.ode:3: 'a' is defined by itself, but a definition ends somewhere"},
         {"f(x)=f(x)\nx'=f(x)",
          "m.ode:1: 'f' is defined by itself, but a definition ends somewhere"},
         {"par x=1\nx'=0",
          "m.ode:2: 'x' is defined, but it is defined already: a name has one "
          "meaning, in large letters, too"},
         {"par PI=1\nx'=0", "m.ode:1: 'PI' is defined, but it is a word of the language"},
         {"x'=t",
          "m.ode:1: x depends on t, but equations that change with time are not supported; par t=0 "
          "would hold it still"},
         {"number t=1\nx'=0", "m.ode:1: 't' is defined, but it is a word of the language"},
         {"x'=noise\n\nnoise=ran(1)", "m.ode:3: ran came, but random numbers are not supported"},
         {"x'=1\nx(0)=2*x", "m.ode:2: x(0) = 2*x came, but a number is needed"},
         {"2\nv x=1,y\no y\no -x\nd",
          "m.ode:1: '2' came first, but files in XPP's old format, which begin with a number, are "
          "not supported; a title has '#' before it"},
         {"title k=1\nx'=0",
          "m.ode:1: 'title k=1' came, but a line is a definition, as x' = y, or a declaration, as "
          "par a = 1"},
         {"x'=0\ny(t+1)=0",
          "m.ode:2: y came, but a model has rates x' = or maps x(t+1) =, not both"},
         {"x'=[j]",
          "m.ode:1: '[j]' came, but an index is a whole number or, where the line has a "
          "range, [j], [j+1], [j-1] or [j*2]; that of a name is not negative"},
         {"init y=1\nx'=0", "m.ode:1: 'y' came, but there is no variable of that name"},
         {"# nothing", "m.ode: no equation came, but x' = or x(t+1) = is needed"},
         {"x'=delay(x,1)", "m.ode:1: delay came, but delays are not supported"},
         {"x'=ran(1)", "m.ode:1: ran came, but random numbers are not supported"},
         {"x'=x\ntable w % 11 -5 5 t", "m.ode:2: table came, but tables are not supported"},
         {"markov z 2\nx'=z", "m.ode:1: markov came, but Markov variables are not supported"},
         {"wiener w\nx'=w", "m.ode:1: wiener came, but Wiener variables are not supported"},
         {"x'=1\nglobal 1 x-1 {x=0}", "m.ode:2: global came, but global flags are not supported"},
         {"x'=int{exp(-t)#x}", "m.ode:1: int{} came, but Volterra's integrals are not supported"},
         {"x'=y\n0=x+y", "m.ode:2: 0 = came, but algebraic equations are not supported"},
         {"x'=1\nsolve y=1", "m.ode:2: solve came, but algebraic equations are not supported"},
         {"x'=1\nspecial k=conv(even,9,2,w,x)",
          "m.ode:2: special came, but special functions of arrays are not supported"},
         {"export {x} {y}\nx'=1",
          "m.ode:1: export came, but functions of other programs are not supported"}}));
    CAPTURE(text);
    REQUIRE_THROWS_WITH(read_equations(text, "m", "m.ode"), sentence);
}

TEST_CASE("hostile texts end in a sentence, not in a stack or a memory", "[equations][error]") {
    std::string nested, calls = "f0(x)=x+x\n", chain = "x'=x";
    for (int k = 0; k < 100'000; ++k) nested += '(';
    for (int k = 1; k < 60; ++k)
        calls += "f" + std::to_string(k) + "(x)=f" + std::to_string(k - 1) + "(x)+f" +
                 std::to_string(k - 1) + "(2*x)\n";
    for (int k = 0; k < 100'000; ++k) chain += "+x";
    CHECK_THROWS_AS(read_equations("x'=" + nested, "m", "m"), invalid_argument);
    CHECK_THROWS_AS(read_equations(calls + "x'=f59(x)", "m", "m"), invalid_argument);
    CHECK_THROWS_AS(read_equations("x[1..2000000000]'=0", "m", "m"), invalid_argument);
    CHECK_THROWS_AS(read_equations("x'=sum(0,1000000)of(sum(0,1000000)of(x))", "m", "m"),
                    invalid_argument);
    CHECK_NOTHROW(read_equations(chain, "m", "m"));
}

TEST_CASE("equations whose last line has no end may be cut off", "[equations]") {
    const std::string whole = "x'=a-x\npar a=12";
    const auto [more, early] =
        GENERATE(table<std::string, bool>({{"", true},
                                           {"\n", false},
                                           {"\r\n ", false},
                                           {"\ninit x=1\\\n", false},
                                           {"\ninit x=1,\\\n y=2", true},
                                           {"\ndone", false},
                                           {"\n Done ", false},
                                           {"\nd", true},  // of dy/dt = ..., or done
                                           {"\nD", true},
                                           {"\ndy", true},
                                           {"\ndo", true},
                                           {"\nd\n", false},
                                           {"\ndone\nwhatever else 1", false},
                                           {"\nd\nwhatever else 1", false},
                                           {"\n# a remark", false},
                                           {"\n\"a remark", false},
                                           {"\n# a remark \\\n goes on", false},
                                           {" # behind a number", false},
                                           {"\ndone # or not", false}}));
    const auto text = (more.find("y=2") != more.npos ? "y'=-y\n" : "") + whole + more;
    CAPTURE(text);
    CHECK(read_equations(text, "m", "m").ends_early == early);
}

TEST_CASE("a map is its rule of step 1, and options say what they change", "[equations]") {
    const auto told =
        read_equations("x(t+1)=a*x\npar a=2\n@ njmp=3, total=40\nset s {a=1}", "m", "m");
    CHECK(told.is_map);
    CHECK(told.period == 3u);
    CHECK(told.ignored == std::vector<std::string>{"@ total (line 3)", "set (line 4)"});
    CHECK(read_equations("x'=a*x\npar a=2\n@ METH = discrete", "m", "m").is_map);
    CHECK_FALSE(read_equations("x'=a*x\npar a=2\n@ meth=qualrk", "m", "m").is_map);

    const std::vector<double> x{5}, p{2};
    std::vector<double> f(1);
    told.model->rhs(x, p, f);
    CHECK(f[0] == 5);  // 2 x - x
}

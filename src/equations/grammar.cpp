// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <boost/spirit/home/x3.hpp>
#include <functional>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>

#include "expression.hpp"

// Of a > b | c: that > comes before | is how the grammar reads.
#pragma GCC diagnostic ignored "-Wparentheses"

namespace moebius::detail {
namespace {

namespace x3 = boost::spirit::x3;
using kind = expression_step::kind;

constexpr auto operand = "a number, a name or '('";
constexpr int deepest = 100;  // parentheses within one another: the parser takes the stack for each

/// What the grammar's actions write to. None of them is undone: each is reached when no other rule
/// can match any more.
struct builder {
    std::string_view place;
    expression steps;
    std::vector<std::size_t> open;  // calls and sums that are not complete, by their own steps
    std::vector<expression_step> calls;

    void apply(std::string name, std::size_t operands) {
        steps.push_back({kind::call, std::move(name), 0, operands});
    }
};
struct builder_tag;

template <typename Context>
builder& to(Context& context) {
    return x3::get<builder_tag>(context).get();
}

auto apply(const char* name, std::size_t operands) {
    return [=](auto& context) { to(context).apply(name, operands); };
}

std::string text_of(const auto& range) { return {range.begin(), range.end()}; }

const auto number = [](auto& context) {
    auto& out = to(context);
    const double value = parse_number(out.place, text_of(x3::_attr(context)));
    out.steps.push_back({kind::number, {}, value, 0});
};
const auto name = [](auto& context) {
    to(context).steps.push_back({kind::name, text_of(x3::_attr(context))});
};
const auto begin_call = [](auto& context) {
    to(context).calls.push_back({kind::call, text_of(x3::_attr(context))});
};
const auto argument = [](auto& context) { ++to(context).calls.back().count; };
const auto end_call = [](auto& context) {
    auto& out = to(context);
    out.steps.push_back(std::move(out.calls.back()));
    out.calls.pop_back();
};
const auto begin_sum = [](auto& context) {
    auto& out = to(context);
    out.open.push_back(out.steps.size());
    out.steps.push_back({kind::sum_begin, "sum"});
};
const auto end_sum = [](auto& context) {
    auto& out = to(context);
    const std::size_t begin = out.open.back();
    out.steps[begin].count = out.steps.size() - begin - 1;
    out.open.pop_back();
};

const auto letter = x3::ascii::alnum | x3::char_("_.");
const auto digits = +x3::ascii::digit;
const auto literal = x3::raw[x3::lexeme[(digits >> -('.' >> -digits) | '.' >> digits) >>
                                        -('e' >> -x3::char_("+-") >> digits)]];
const auto identifier = x3::raw[x3::lexeme[(x3::ascii::alpha | '_') >> *letter >> -x3::lit('\'')]];
auto word(const char* text) { return x3::lexeme[x3::lit(text) >> !letter]; }

const x3::rule<struct expression_rule> an_expression = "an expression";
const x3::rule<struct product_rule> product = "a product";
const x3::rule<struct factor_rule> factor = "a factor";
const x3::rule<struct power_rule> power = operand;
const x3::rule<struct primary_rule> primary = operand;
const x3::rule<struct function_rule, boost::iterator_range<std::string_view::const_iterator>>
    function = "a function";

const auto in_parentheses = '(' > an_expression > ')';
const auto further_factors = *((x3::lit('*') >> !x3::lit('*')) > factor[apply("*", 2)] |
                               '/' > factor[apply("/", 2)] | '&' > factor[apply("&", 2)]);

const auto an_expression_def = ('-' > factor[apply("neg", 1)] > further_factors | product) >
                               *('+' > product[apply("+", 2)] | '-' > product[apply("-", 2)] |
                                 '|' > product[apply("|", 2)]);
const auto product_def = factor > further_factors;
const auto factor_def = word("not") > power[apply("not", 1)] | power;
const auto power_def = primary > *((x3::lit("**") | '^') > primary[apply("^", 2)] |
                                   ">=" > primary[apply(">=", 2)] | "<=" > primary[apply("<=", 2)] |
                                   "==" > primary[apply("==", 2)] | "!=" > primary[apply("!=", 2)] |
                                   '>' > primary[apply(">", 2)] | '<' > primary[apply("<", 2)]);
const auto function_def = identifier >> &x3::lit('(');
const auto primary_def = literal[number] | in_parentheses |
                         (word("if") > in_parentheses > "then" > in_parentheses > "else" >
                          in_parentheses)[apply("if", 3)] |
                         word("sum") > '(' > an_expression > ',' > an_expression > ')' > "of" >
                             x3::eps[begin_sum] > in_parentheses[end_sum] |
                         function[begin_call] > '(' > an_expression[argument] >
                             *(',' > an_expression[argument]) > ')' > x3::eps[end_call] |
                         identifier[name];

BOOST_SPIRIT_DEFINE(an_expression, product, factor, power, function, primary)

void check_depth(std::string_view text, std::string_view place) {
    int depth = 0;
    for (const char c : text) {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth > deepest)
            throw invalid_argument(
                place, fmt::format("more than {} parentheses came, one in another", deepest),
                "parts of the expression may have names of their own");
    }
}

}  // namespace

expression parse_expression(std::string_view text, std::string_view place) {
    check_depth(text, place);
    builder out{place, {}, {}, {}};
    auto at = text.begin();
    const auto refuse = [&](std::string_view::const_iterator where, const std::string& needed) {
        const auto rest = text.substr(static_cast<std::size_t>(where - text.begin()));
        throw invalid_argument(
            place,
            rest.empty() ? fmt::format("'{}' ends too soon", excerpt(text))
                         : fmt::format("'{}' came in '{}'", excerpt(rest, 20), excerpt(text)),
            needed + " is needed there");
    };
    try {
        const auto parser = x3::with<builder_tag>(std::ref(out))[an_expression];
        if (!x3::phrase_parse(at, text.end(), parser, x3::ascii::space))
            refuse(at, "an expression");
    } catch (const x3::expectation_failure<std::string_view::const_iterator>& failure) {
        const auto needed = failure.which();  // a parser with an action has no name
        const bool named = needed.starts_with('\'') || needed.starts_with('"');
        refuse(failure.where(), named ? needed : operand);
    }
    if (at != text.end()) refuse(at, "an operator or the end");
    return std::move(out.steps);
}

}  // namespace moebius::detail

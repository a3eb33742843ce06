// SPDX-License-Identifier: MIT
#include "tape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/enclosed.hpp>
#include <moebius/model/jet.hpp>

#include "derivatives_of.hpp"

namespace moebius::detail {
namespace {

double number_of(double x) { return x; }
double number_of(const dual& x) { return x.value(); }
double number_of(const jet& x) { return x.at(0); }

bool is_fixed(const dual& x) { return x.constant(); }
bool is_fixed(const jet& x) { return x.at(1) == 0 && x.at(2) == 0 && x.at(3) == 0; }

/// A function of one number.
double through(operation what, double x) { return value_of(what, x); }
template <typename S>
S through(operation what, const S& x) {
    return compose(x, derivatives_of(what, number_of(x)));
}

/// What depends on the arguments as `like` does and has another value there.
template <typename S>
S moved(const S& like, double value) {
    return like + (value - number_of(like));
}

double power_of(double x, double y) { return std::pow(x, y); }
template <typename S>
S power_of(const S& x, const S& y) {
    const double z = number_of(x), c = number_of(y);
    if (is_fixed(y)) return compose(x, power_derivatives(z, c));
    if (z == 0) return S(std::pow(z, c));
    return moved(S(through(operation::exponential, S(y * through(operation::logarithm, x)))),
                 std::pow(z, c));
}

double angle_of(double y, double x) { return std::atan2(y, x); }
template <typename S>
S angle_of(const S& y, const S& x) {
    const double v = number_of(y), u = number_of(x);
    const S like = std::abs(u) > std::abs(v) ? through(operation::arctangent, S(y / x))
                                             : S(-through(operation::arctangent, S(x / y)));
    return moved(like, std::atan2(v, u));
}

/// In [0, y) for y > 0, as XPPAUT has it.
template <typename S>
S remainder_of(const S& x, const S& y) {
    const double v = number_of(x), u = number_of(y);
    double rest = std::fmod(v, u);
    if (rest < 0) rest += u;
    return moved(S(x - y * std::round((v - rest) / u)), rest);
}

bool holds(operation what, double a, double b) {
    switch (what) {
        case operation::less:
            return a < b;
        case operation::greater:
            return a > b;
        case operation::less_equal:
            return a <= b;
        case operation::greater_equal:
            return a >= b;
        case operation::equal:
            return a == b;
        case operation::unequal:
            return a != b;
        case operation::both:
            return a != 0 && b != 0;
        default:
            return a != 0 || b != 0;
    }
}

template <typename S>
S binary(operation what, const S& x, const S& y) {
    switch (what) {
        case operation::power:
            return power_of(x, y);
        case operation::atan2:
            return angle_of(x, y);
        case operation::modulo:
            return remainder_of(x, y);
        case operation::maximum:
            return number_of(x) > number_of(y) ? x : y;
        case operation::minimum:
            return number_of(x) < number_of(y) ? x : y;
        default:
            return S(holds(what, number_of(x), number_of(y)) ? 1.0 : 0.0);
    }
}

template <typename S>
S apply(operation what, const S& a, const S& b, const S& c) {
    switch (what) {
        case operation::add:
            return a + b;
        case operation::subtract:
            return a - b;
        case operation::multiply:
            return a * b;
        case operation::divide:
            return a / b;
        case operation::negate:
            return -a;
        case operation::hold:
            return S(number_of(a));
        case operation::select:
            return number_of(a) != 0 ? b : c;
        default:
            return operands_of(what) == 2 ? binary(what, a, b) : through(what, a);
    }
}

bool is_enclosed(operation what) {
    switch (what) {
        case operation::add:
        case operation::subtract:
        case operation::multiply:
        case operation::divide:
        case operation::negate:
        case operation::square_root:
        case operation::exponential:
        case operation::logarithm:
        case operation::hyperbolic_tangent:
        case operation::sine:
        case operation::cosine:
        case operation::error_function:
            return true;
        default:
            return false;
    }
}

template <>
enclosed apply(operation what, const enclosed& a, const enclosed& b, const enclosed& /*c*/) {
    switch (what) {
        case operation::add:
            return a + b;
        case operation::subtract:
            return a - b;
        case operation::multiply:
            return a * b;
        case operation::divide:
            return a / b;
        case operation::negate:
            return -a;
        case operation::square_root:
            return sqrt(a);
        case operation::exponential:
            return exp(a);
        case operation::logarithm:
            return log(a);
        case operation::hyperbolic_tangent:
            return tanh(a);
        case operation::sine:
            return sin(a);
        case operation::cosine:
            return cos(a);
        case operation::error_function:
            return erf(a);
        default:
            return enclosed(std::numeric_limits<double>::quiet_NaN());
    }
}

}  // namespace

double apply_to_numbers(operation what, double a, double b, double c) {
    return apply(what, a, b, c);
}

tape::tape(const expression_graph& graph, std::span<const node_id> outputs, std::size_t states,
           std::size_t parameters)
    : states_(states), parameters_(parameters) {
    std::vector<bool> needed(graph.size());
    for (const node_id id : outputs) needed[id] = true;
    for (std::size_t id = graph.size(); id-- > 0;) {
        const graph_node& node = graph[static_cast<node_id>(id)];
        const node_id operands[] = {node.a, node.b, node.c};
        for (std::size_t k = 0; needed[id] && k < operands_of(node.what); ++k)
            needed[operands[k]] = true;
    }
    std::vector<node_id> place(graph.size());
    const auto each_needed = [&](const auto& visit) {
        for (node_id id = 0; id < graph.size(); ++id)
            if (needed[id]) visit(id, graph[id]);
    };
    each_needed([&](node_id id, const graph_node& node) {
        if (node.what == operation::state) place[id] = node.a;
        if (node.what == operation::parameter) place[id] = static_cast<node_id>(states + node.a);
        if (node.what != operation::constant) return;
        place[id] = static_cast<node_id>(states + parameters + constants_.size());
        constants_.push_back(node.value);
    });
    const std::size_t first = states + parameters + constants_.size();
    closed_form_ = true;
    each_needed([&](node_id id, const graph_node& node) {
        if (operands_of(node.what) == 0) return;
        place[id] = static_cast<node_id>(first + steps_.size());
        steps_.push_back({node.what, place[node.a], place[node.b], place[node.c], 0});
        closed_form_ = closed_form_ && is_enclosed(node.what);
    });
    for (const node_id id : outputs) outputs_.push_back(place[id]);
}

template <typename S>
void tape::evaluate(std::span<const S> x, std::span<const S> p, std::span<S> out) const {
    static thread_local std::vector<S> registers;
    const std::size_t first = states_ + parameters_ + constants_.size();
    if (registers.size() < first + steps_.size()) registers.resize(first + steps_.size());
    S* const r = registers.data();
    std::copy(x.begin(), x.end(), r);
    std::copy(p.begin(), p.end(), r + states_);
    std::copy(constants_.begin(), constants_.end(), r + states_ + parameters_);
    S* next = r + first;
    for (const graph_node& step : steps_)
        *next++ = apply<S>(step.what, r[step.a], r[step.b], r[step.c]);
    for (std::size_t i = 0; i < outputs_.size(); ++i) out[i] = r[outputs_[i]];
}

template void tape::evaluate(std::span<const double>, std::span<const double>,
                             std::span<double>) const;
template void tape::evaluate(std::span<const dual>, std::span<const dual>, std::span<dual>) const;
template void tape::evaluate(std::span<const jet>, std::span<const jet>, std::span<jet>) const;
template void tape::evaluate(std::span<const enclosed>, std::span<const enclosed>,
                             std::span<enclosed>) const;

}  // namespace moebius::detail

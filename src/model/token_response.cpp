// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/model/load_gap.hpp>
#include <moebius/model/token_response.hpp>
#include <numbers>

namespace moebius {
namespace models {
namespace {

/// The law whose gap function serves: without noise a Gaussian bump acts like Gaussian noise.
noise_law kernel(noise_law noise) { return noise == noise_law::none ? noise_law::gaussian : noise; }

/// What multiplies a_i + x before the gap function is taken.
template <typename S>
S slope(noise_law noise, const margin_node& node, const S& beta) {
    using std::sqrt;
    if (noise == noise_law::none) return S(std::numbers::sqrt2 / node.width);
    if (node.width == 0) return beta;
    return beta / sqrt(1.0 + beta * beta * (node.width * node.width / 2));
}

template <typename S>
S summed_gap(const margin_law& law, const S& x, const S& beta) {
    S sum = S(0.0);
    for (const auto& node : law.nodes)
        sum += node.weight *
               load_gap(kernel(law.noise), slope(law.noise, node, beta) * (node.center + x));
    return sum;
}

void check(const margin_law& law) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("token-response", got, needed);
    };
    if (law.nodes.empty()) reject("no margins came", "at least one token is needed");
    for (const auto& node : law.nodes) {
        if (law.noise == noise_law::none && !(node.width > 0))
            reject("the noise is none and a margin is a single value",
                   "the load is then a step without derivative: choose another noise");
        const bool closed = law.noise == noise_law::none || law.noise == noise_law::gaussian;
        if (!closed && node.width != 0)
            reject(fmt::format("{} noise came with a margin of width {}", to_string(law.noise),
                               node.width),
                   "only gaussian noise or none has a closed form there: give the margins as "
                   "single values");
    }
}

}  // namespace

token_response::token_response(margin_law law) : law_(std::move(law)) {
    check(law_);
    if (law_.noise != noise_law::gumbel && law_.noise != noise_law::logistic) return;
    std::vector<double> centers, weights;
    for (const auto& node : law_.nodes) {  // without width: check
        centers.push_back(node.center);
        weights.push_back(node.weight);
    }
    columns_ = {centers, weights};
}

double token_response::mean_gap(double x, double inverse_temperature) const {
    if (!columns_.empty()) return columns_.sums(x, inverse_temperature)[0];
    double sum = 0;
    for (const auto& node : law_.nodes)
        sum += node.weight * gap(kernel(law_.noise),
                                 slope(law_.noise, node, inverse_temperature) * (node.center + x));
    return sum;
}

std::array<double, 4> token_response::response(double x, double inverse_temperature) const {
    std::array<double, 4> sum{};
    if (!columns_.empty()) {
        const auto parts = columns_.sums(x, inverse_temperature);
        double power = 1;
        for (std::size_t k = 0; k < 4; ++k, power *= inverse_temperature) sum[k] = power * parts[k];
        return sum;
    }
    for (const auto& node : law_.nodes) {
        const double c = slope(law_.noise, node, inverse_temperature);
        const auto g = gap_derivatives(kernel(law_.noise), c * (node.center + x));
        double weight = node.weight;
        for (std::size_t k = 0; k < 4; ++k) {
            sum[k] += weight * g[k];
            weight *= c;
        }
    }
    return sum;
}

dual token_response::mean_gap(const dual& x, const dual& inverse_temperature) const {
    if (inverse_temperature.constant())  // then numbers are summed, not duals
        return compose(x, response(x.value(), inverse_temperature.value()));
    return summed_gap(law_, x, inverse_temperature);
}

jet token_response::mean_gap(const jet& x, const jet& inverse_temperature) const {
    const jet& b = inverse_temperature;
    if (b.at(1) == 0 && b.at(2) == 0 && b.at(3) == 0) return compose(x, response(x.at(0), b.at(0)));
    return summed_gap(law_, x, b);
}

enclosed token_response::mean_gap(const enclosed& x, const enclosed& inverse_temperature) const {
    return summed_gap(law_, x, inverse_temperature);
}

first_order<1, 4> token_response::linear(const vec<double, 1>& x, const vec<double, 4>& p) const {
    if (!columns_.empty()) {
        const auto sum = columns_.sums(x[0], p[beta]);
        return drift_linear(x, p, sum[0], p[beta] * sum[1], sum[4]);
    }
    double m = 0, m_x = 0, m_beta = 0;
    for (const auto& node : law_.nodes) {
        const double c = slope(law_.noise, node, p[beta]);
        const double a = node.center + x[0];
        const auto g = gap_derivatives(kernel(law_.noise), c * a);
        // dc/dbeta = (c/beta)^3 for a widened slope, 1 for a plain one, 0 without noise
        const double r = c / p[beta];
        const double c_beta = law_.noise == noise_law::none ? 0 : r * r * r;
        m += node.weight * g[0];
        m_x += node.weight * g[1] * c;
        m_beta += node.weight * g[1] * a * c_beta;
    }
    return drift_linear(x, p, m, m_x, m_beta);
}

}  // namespace models
}  // namespace moebius

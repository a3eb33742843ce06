// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/compare/oscillation.hpp>
#include <numbers>

namespace moebius {
namespace {

double sampling_scatter(const controlled_router& router, std::size_t tokens) {
    const auto n = static_cast<double>(router.experts);
    return std::sqrt((1 - 1 / n) / n / static_cast<double>(tokens));
}

/// The map where the controller has a gain. In units of the decay: z' = k j (z + b) - z, b' = -g j
/// (z + b) - l b, with k, g, l over the decay and j = beta/N the slope of an expert's load
/// (docs/theory.md section 5).
deviation_map map_with(const controlled_router& router, double feedback, double gain,
                       const oscillation_options& options) {
    const double step = options.step, j = router.beta / static_cast<double>(router.experts);
    const double k = feedback / router.decay * j, g = gain / router.decay * j,
                 l = router.controller.leak / router.decay;
    return {{{1 + step * (k - 1), step * k}, {-step * g, 1 - step * (g + l)}}};
}

double gain_at(const controlled_router& router, double scatter,
               const oscillation_options& options) {
    return effective_gain(router.controller, scatter, options.step / router.decay);
}

/// The variance of an expert's mean load as the map moves its scores: P = M P M^T + Q, with Q the
/// noise that both scores take from one batch, and of a sign rule what the sign adds.
double moved_variance(const deviation_map& map, const controlled_router& router, double feedback,
                      double scatter, const oscillation_options& options) {
    const double step = options.step / router.decay;
    const double sampling = sampling_scatter(router, options.tokens);
    const double u = router.controller.gain;
    const bool signs = router.controller.law != control_law::integral;
    const Eigen::Vector2d takes(step * feedback, -step * gain_at(router, scatter, options));
    Eigen::Matrix2d q = sampling * sampling * takes * takes.transpose();
    if (signs) q(1, 1) += u * u * (1 - 2 / std::numbers::pi);
    Eigen::Matrix2d m;
    m << map.matrix[0][0], map.matrix[0][1], map.matrix[1][0], map.matrix[1][1];
    Eigen::Matrix4d kronecker;
    for (Eigen::Index a = 0; a < 2; ++a)
        for (Eigen::Index b = 0; b < 2; ++b) kronecker.block<2, 2>(2 * a, 2 * b) = m(a, b) * m;
    const Eigen::Vector4d p = (Eigen::Matrix4d::Identity() - kronecker)
                                  .partialPivLu()
                                  .solve(Eigen::Map<const Eigen::Vector4d>(q.data()));
    const double j = router.beta / static_cast<double>(router.experts);
    return j * j * p.sum();
}

/// Growth at a feedback with the controller's largest gain, in units of the decay.
double growth_at(const controlled_router& router, double feedback,
                 const oscillation_options& options) {
    const double gain = gain_at(router, sampling_scatter(router, options.tokens), options);
    return map_with(router, feedback, gain, options).rate(options.step).real();
}

/// The rises of a series through its middle, between places, and the reach that they need.
std::vector<double> rises_of(std::span<const double> series, double middle, double reach) {
    std::vector<double> rises;
    bool low = false;  // noise must not count one passage twice
    for (std::size_t t = 1; t < series.size(); ++t) {
        const double before = series[t - 1] - middle, now = series[t] - middle;
        low = low || now < -reach / 4;
        if (!low || before >= 0 || now < 0) continue;
        rises.push_back(static_cast<double>(t) - now / (now - before));
        low = false;
    }
    return rises;
}

/// A map and the scatter of one batch's load that goes with it.
struct settled_map {
    deviation_map map;
    double scatter;
};

settled_map settled_map_of(const controlled_router& router, double feedback,
                           const oscillation_options& options) {
    const double sampling = sampling_scatter(router, options.tokens);
    settled_map at{map_with(router, feedback, gain_at(router, sampling, options), options),
                   sampling};
    if (router.controller.law == control_law::integral) return at;
    for (int i = 0; i < 200; ++i) {  // damped: a larger scatter moves less, and is smaller
        if (!(at.map.rate(options.step).real() < 0)) break;
        const double moved = moved_variance(at.map, router, feedback, at.scatter, options);
        at.scatter = (at.scatter + std::sqrt(sampling * sampling + moved)) / 2;
        at.map = map_with(router, feedback, gain_at(router, at.scatter, options), options);
    }
    return at;
}

}  // namespace

void check(const controlled_router& router, const oscillation_options& options) {
    const require need("validate");
    need.at_least("experts", router.experts, 2)
        .positive_and_finite("beta", router.beta)
        .positive_and_finite("decay", router.decay)
        .at_least("tokens", options.tokens, 1)
        .at_least("seeds", options.seeds, 2)
        .at_least("levels", options.levels, 2)
        .positive_and_finite("settle", options.settle)
        .positive_and_finite("average", options.average);
    if (!(options.step > 0 && options.step < 1))
        throw invalid_argument("validate", fmt::format("step is {}", options.step),
                               "it must be > 0 and < 1");
    if ((options.settle + options.average) / options.step > 1 << 25)
        throw invalid_argument("validate",
                               fmt::format("(settle + average)/step is {}",
                                           (options.settle + options.average) / options.step),
                               fmt::format("a run has at most {} batches", 1 << 25));
    check(router.controller, options.step / router.decay);
    if (!(router.controller.gain > 0))
        throw invalid_argument("validate",
                               fmt::format("a controller of gain {} came", router.controller.gain),
                               "one that does something is needed");
}

double effective_gain(const load_controller& controller, double scatter, double step) {
    if (controller.law == control_law::integral || controller.law == control_law::none)
        return controller.gain;
    // the mean that torchtitan's rule takes off does not move the difference of two scores
    return controller.gain * std::sqrt(2 / std::numbers::pi) / (step * scatter);
}

std::complex<double> deviation_map::rate(double step) const {
    const double half = (matrix[0][0] + matrix[1][1]) / 2;
    const double det = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
    const std::complex<double> root = std::sqrt(std::complex<double>(half * half - det));
    const auto one = half + root, other = half - root;
    const auto lead = std::log(std::abs(one) >= std::abs(other) ? one : other) / step;
    return {lead.real(), std::abs(lead.imag())};
}

deviation_map deviation_map_of(const controlled_router& router, double feedback,
                               const oscillation_options& options) {
    return settled_map_of(router, feedback, options).map;
}

double score_variance_of(const controlled_router& router, double feedback,
                         const oscillation_options& options) {
    const auto at = settled_map_of(router, feedback, options);
    const double j = router.beta / static_cast<double>(router.experts);
    return moved_variance(at.map, router, feedback, at.scatter, options) / (j * j);
}

double onset_of(const controlled_router& router, const oscillation_options& options) {
    const double unit = router.decay * static_cast<double>(router.experts) / router.beta;
    double low = 0, high = unit;
    while (growth_at(router, high, options) < 0) low = high, high *= 2;
    for (int i = 0; i < 60; ++i) {  // bisection to rounding
        const double middle = (low + high) / 2;
        (growth_at(router, middle, options) < 0 ? low : high) = middle;
    }
    return low;
}

swing swing_of(std::span<const double> series, double spacing) {
    if (series.empty()) return {not_a_number, 0, 0};
    const auto [lowest, highest] = std::minmax_element(series.begin(), series.end());
    const auto rises = rises_of(series, (*lowest + *highest) / 2, (*highest - *lowest) / 2);
    swing result{not_a_number, not_a_number, rises.empty() ? 0 : rises.size() - 1};
    if (result.cycles < 2) return result;
    result.period = spacing * (rises.back() - rises.front()) / static_cast<double>(result.cycles);
    double sum = 0;
    for (std::size_t c = 0; c < result.cycles; ++c) {
        const auto [low, high] =
            std::minmax_element(series.begin() + static_cast<std::ptrdiff_t>(rises[c]),
                                series.begin() + static_cast<std::ptrdiff_t>(rises[c + 1]));
        sum += (*high - *low) / 2;
    }
    result.amplitude = sum / static_cast<double>(result.cycles);
    return result;
}

}  // namespace moebius

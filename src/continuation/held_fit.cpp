// SPDX-License-Identifier: MIT
#include "held_fit.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <moebius/base/error.hpp>

namespace moebius {
namespace {

constexpr double edge = 1 + 1e-9;  // of a window, in its half width: rounding leaves none out

std::vector<held_sample> samples_within(const std::vector<held_sample>& samples, double at,
                                        double width) {
    std::vector<held_sample> out;
    for (const auto& one : samples)
        if (std::abs(one.lead - at) <= edge * width) out.push_back(one);
    return out;
}

double variance_about(const std::vector<held_sample>& samples, double at, double width) {
    double sum = 0;
    const auto near = samples_within(samples, at, width);
    for (const auto& one : near) sum += one.variance;
    return sum / static_cast<double>(near.size());
}

}  // namespace

held_fit::held_fit(const std::vector<held_sample>& samples, double at, double width,
                   coefficient known)
    : lead(at) {
    const auto window = samples_within(samples, at, width);
    if (window.size() < static_cast<std::size_t>(known))
        throw invalid_argument(
            "follow_measured",
            fmt::format("{} samples within {:g} of a lead came", window.size(), width),
            fmt::format("a local fit needs {}: more targets, smaller steps or more width",
                        static_cast<std::size_t>(known)));
    for (const auto& one : window) mean += one.mean / static_cast<double>(window.size());
    matrix normal = matrix::Zero();
    vector right = vector::Zero();
    for (const auto& one : window) {
        const double d = (one.lead - at) / width, v = (one.mean - mean) / width;
        vector row;
        row << 1, d, d * d / 2, d * d * d / 6, d * d * d * d / 24, v, v * d, v * v / 2,
            v * d * d / 2;
        const double variance = variance_about(window, one.lead, width / 2);
        normal += row * row.transpose() / variance;
        right += row * (one.u / variance);
    }
    const Eigen::MatrixXd inverse = normal.topLeftCorner(known, known).eval().inverse();
    const double w1 = 1 / width, w2 = w1 * w1;
    vector scale;
    scale << 1, w1, w2, w2 * w1, w2 * w2, w1, w2, w2, w2 * w1;
    derivatives = vector::Zero();
    derivatives.head(known) = inverse * right.head(known);
    derivatives = derivatives.cwiseProduct(scale).eval();
    covariance = matrix::Zero();
    covariance.topLeftCorner(known, known) = inverse;
    covariance = (scale.asDiagonal() * covariance * scale.asDiagonal()).eval();
}

double held_fit::error(const vector& gradient) const {
    return std::sqrt(gradient.dot(covariance * gradient));
}

}  // namespace moebius

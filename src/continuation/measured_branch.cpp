// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/continuation/measured_branch.hpp>

namespace moebius {
namespace {

/// One held loop: the logit of its first load at a lead.
struct logit_sample {
    double lead, u, variance;
};

/// The cubic u(x) about a place, and the covariance of its coefficients.
struct local_fit {
    double at = 0;
    Eigen::Vector4d c;
    Eigen::Matrix4d covariance;
};

local_fit fit_about(const std::vector<logit_sample>& samples, double at, double width) {
    Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
    Eigen::Vector4d right = Eigen::Vector4d::Zero();
    for (const auto& one : samples) {
        const double d = (one.lead - at) / width;
        if (std::abs(d) > 1 + 1e-9) continue;
        const Eigen::Vector4d powers(1, d, d * d, d * d * d);
        normal += powers * powers.transpose() / one.variance;
        right += powers * (one.u / one.variance);
    }
    const Eigen::Matrix4d inverse = normal.inverse();
    const Eigen::Vector4d scale(1, 1 / width, 1 / (width * width), 1 / (width * width * width));
    return {at, scale.cwiseProduct(inverse * right),
            scale.asDiagonal() * inverse * scale.asDiagonal()};
}

/// What a fit says of the branch at a lead, as functions of (u, u').
class branch_at {
public:
    branch_at(const measured_options& options, const local_fit& fit, double lead)
        : options_(options), lead_(lead) {
        const double d = lead - fit.at;
        Eigen::Matrix<double, 2, 4> by;
        by << 1, d, d * d, d * d * d, 0, 1, 2 * d, 3 * d * d;
        value_ = by * fit.c;
        covariance_ = by * fit.covariance * by.transpose();
    }

    [[nodiscard]] measured_point point() const {
        const auto others = static_cast<double>(options_.experts) - 1;
        const double e = std::exp(value_[0]);
        const double load = e / (e + others), m = (e - 1) / (e + others);
        const double by_u = (others + 1) * load * (1 - load) / others;  // dm/du
        const double bend = by_u * (1 - 2 * load);                      // d2m/du2
        const double slope = by_u * value_[1];
        measured_point out{lead_, m};
        out.gap_error = by_u * std::sqrt(covariance_(0, 0));
        out.feedback = (options_.decay * lead_ - options_.bias) / m;
        out.feedback_error = std::abs(out.feedback / m) * out.gap_error;
        out.growth = out.feedback * slope - options_.decay;
        const Eigen::Vector2d by(out.feedback * (bend * value_[1] - slope * by_u / m),
                                 out.feedback * by_u);
        out.growth_error = std::sqrt(by.dot(covariance_ * by));
        return out;
    }

    /// dfeedback/dlead = -growth/m, from feedback m = decay x - bias.
    [[nodiscard]] double turn() const {
        const auto at = point();
        return -at.growth / at.gap;
    }

private:
    const measured_options& options_;
    double lead_;
    Eigen::Vector2d value_;
    Eigen::Matrix2d covariance_;
};

class follower {
public:
    follower(const load_sampler& sampler, const measured_options& options)
        : sampler_(sampler), options_(options), width_(options.width / options.beta) {}

    measured_branch follow() {
        const double from = options_.from / options_.beta, to = options_.to / options_.beta;
        hold(from - width_, from + width_, 4 * options_.targets);
        std::vector<double> leads{from};
        measured_branch out;
        while (leads.size() <= options_.most && leads.back() < to) {
            const double last = leads.back(), next = std::min(to, last + step_from(last));
            hold(last + width_, next + width_, options_.targets);
            leads.push_back(next);
        }
        out.arrived = leads.back() >= to;
        for (const double lead : leads) out.points.push_back(at(lead, lead));
        out.folds = folds_of(out.points);
        out.samples = samples_.size();
        return out;
    }

private:
    /// Holds loops at leads in (from, to], evenly.
    void hold(double from, double to, std::size_t count) {
        const auto n = static_cast<double>(options_.experts);
        std::vector<std::vector<double>> scores;
        for (std::size_t i = 0; i < count; ++i) {
            const double lead =
                std::lerp(from, to, static_cast<double>(i + 1) / static_cast<double>(count));
            scores.emplace_back(options_.experts, -lead / n);
            scores.back()[0] += lead;
        }
        const auto found = sampler_(scores);
        if (found.size() != count)
            throw invalid_argument("follow_measured", fmt::format("{} samples came", found.size()),
                                   fmt::format("{} scores were to be held", count));
        for (std::size_t i = 0; i < count; ++i) add(scores[i], found[i]);
    }

    void add(const std::vector<double>& scores, const load_sample& found) {
        const double load = found.loads.at(0), variance = found.covariance(0, 0);
        if (!(load > 0 && load < 1 && variance > 0 && std::isfinite(variance)))
            throw invalid_argument(
                "follow_measured",
                fmt::format("a load of {} with variance {} came", load, variance),
                "both experts must be seen: hold for more batches, or end at a smaller lead");
        const double by_load = 1 / (load * (1 - load));  // du/dload
        const auto others = static_cast<double>(options_.experts) - 1;
        samples_.push_back({scores[0] - scores[1], std::log(others * load / (1 - load)),
                            variance * by_load * by_load});
    }

    [[nodiscard]] measured_point at(double center, double lead) const {
        return branch_at(options_, fit_about(samples_, center, width_), lead).point();
    }

    /// How far the lead goes along one step of arclength.
    [[nodiscard]] double step_from(double lead) const {
        const double turn =
            branch_at(options_, fit_about(samples_, lead, width_), lead).turn() / options_.decay;
        return options_.step / options_.beta / std::hypot(1, turn);
    }

    /// Where growth passes 0 between points at which it is known not to be 0.
    [[nodiscard]] std::vector<measured_fold> folds_of(
        const std::vector<measured_point>& points) const {
        std::vector<measured_fold> out;
        const measured_point* last = nullptr;
        for (const auto& point : points) {
            if (!(std::abs(point.growth) > 2 * point.growth_error)) continue;
            if (last != nullptr && (last->growth > 0) != (point.growth > 0))
                out.push_back(fold_between(*last, point));
            last = &point;
        }
        return out;
    }

    [[nodiscard]] measured_fold fold_between(const measured_point& a,
                                             const measured_point& b) const {
        double low = a.lead, high = b.lead;
        for (int h = 0; h < 50; ++h) {
            const double middle = (low + high) / 2;
            ((at(middle, middle).growth > 0) == (a.growth > 0) ? low : high) = middle;
        }
        const auto fold = at(low, low);
        const double slope = (b.growth - a.growth) / (b.lead - a.lead);  // of growth by the lead
        // At the fold feedback does not move with the lead: its error is that at a fixed lead.
        return {fold.lead, fold.growth_error / std::abs(slope), fold.feedback, fold.feedback_error};
    }

    const load_sampler& sampler_;
    const measured_options& options_;
    double width_;
    std::vector<logit_sample> samples_;
};

}  // namespace

measured_branch follow_measured(const load_sampler& sampler, const measured_options& options) {
    require("follow_measured")
        .at_least("experts", options.experts, 2)
        .positive_and_finite("decay", options.decay)
        .finite("bias", options.bias)
        .positive_and_finite("beta", options.beta)
        .finite("from", options.from)
        .positive_and_finite("step", options.step)
        .positive_and_finite("width", options.width)
        .at_least("targets", options.targets, 1)
        .positive_and_finite("to - from", options.to - options.from);
    return follower(sampler, options).follow();
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/continuation/measured_branch.hpp>
#include <utility>

#include "held_rest.hpp"

namespace moebius {
namespace {

/// A number with its error at a lead.
struct crossing_value {
    double lead, value, error;
};

/// Neighbours between which the value passes 0, of those at which it is known not to be 0.
std::vector<std::pair<crossing_value, crossing_value>> crossings_of(
    const std::vector<crossing_value>& values) {
    std::vector<std::pair<crossing_value, crossing_value>> out;
    const crossing_value* last = nullptr;
    for (const auto& one : values) {
        if (!(std::abs(one.value) > 2 * one.error)) continue;
        if (last != nullptr && (last->value > 0) != (one.value > 0)) out.emplace_back(*last, one);
        last = &one;
    }
    return out;
}

/// Where it passes 0, and the error of that: its own over its slope.
template <typename Value>
std::pair<double, double> crossing(const crossing_value& a, const crossing_value& b, Value value) {
    double low = a.lead, high = b.lead;
    for (int h = 0; h < 50; ++h) {
        const double middle = (low + high) / 2;
        ((value(middle).value > 0) == (a.value > 0) ? low : high) = middle;
    }
    return {low, value(low).error * std::abs((b.lead - a.lead) / (b.value - a.value))};
}

class follower {
public:
    follower(const load_sampler& sampler, const measured_options& options)
        : sampler_(sampler), options_(options), width_(options.width / options.beta) {}

    measured_branch follow() {
        const double from = options_.from / options_.beta, to = options_.to / options_.beta;
        begin(from);
        std::vector<double> leads{from};
        measured_branch out;
        while (leads.size() <= options_.most && leads.back() < to) {
            const auto fit = fit_ahead(leads.back());
            const rest_at rest(options_, fit);
            if (!rest.converged()) break;
            const double turn = rest.turn() / options_.decay;
            const double step = options_.step / options_.beta / std::hypot(1, turn);
            const double next = std::min(to, leads.back() + step);
            hold(leads.back() + width_, next + width_, options_.targets,
                 [&](double lead) { return rest.mean_at(lead, options_.bias, 1 / options_.beta); });
            leads.push_back(next);
        }
        for (const double lead : leads) {
            const auto fit = fit_at(lead);
            if (const rest_at rest(options_, fit); rest.known()) out.points.push_back(rest.point());
        }
        out.arrived = !out.points.empty() && out.points.back().lead >= to;
        out.folds = folds_of(out.points);
        out.cusps = cusps_of(leads);
        out.balance = balance(leads);
        out.samples = count_ + samples_.size();
        return out;
    }

private:
    /// Holds loops about the first lead; again, where means matter, as the first ones foretell
    /// them.
    void begin(double from) {
        const auto hold_about = [&](auto mean) {
            count_ += samples_.size();
            samples_.clear();
            hold(from - width_, from + width_, 4 * options_.targets, mean);
        };
        const double mean = softmax_mean(from);
        hold_about([&](double) { return mean; });
        for (int again = 0; options_.mean_spread > 0 && again < 3; ++again) {
            const auto fit = fit_ahead(from);
            const rest_at rest(options_, fit);
            hold_about(
                [&](double lead) { return rest.mean_at(lead, options_.bias, 1 / options_.beta); });
        }
    }

    /// Of scores at rest under a softmax alone.
    [[nodiscard]] double softmax_mean(double lead) const {
        const double mean = (options_.decay * lead - options_.bias) /
                            gap_of_logit(options_.beta * lead, options_.experts).m /
                            (options_.decay * static_cast<double>(options_.experts));
        return std::isfinite(mean) ? mean : 1 / options_.beta;
    }

    /// Holds loops at leads in (from, to], evenly; above, at and below the mean in turn.
    template <typename Mean>
    void hold(double from, double to, std::size_t count, Mean mean) {
        const auto n = static_cast<double>(options_.experts);
        std::vector<std::vector<double>> scores;
        for (std::size_t i = 0; i < count; ++i) {
            const double lead =
                std::lerp(from, to, static_cast<double>(i + 1) / static_cast<double>(count));
            const double spread = options_.mean_spread / options_.beta;
            const double level =
                spread > 0 ? mean(lead) + spread * (1 - static_cast<double>(i % 3)) : 0;
            scores.emplace_back(options_.experts, level - lead / n);
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
        const double lead = scores[0] - scores[1];
        samples_.push_back({lead, scores[1] + lead / (others + 1),
                            std::log(others * load / (1 - load)), variance * by_load * by_load});
    }

    [[nodiscard]] held_fit fit_at(double lead) const {
        return {samples_, lead, width_,
                options_.mean_spread > 0 ? held_fit::count : held_fit::by_mean};
    }

    /// While the branch is followed: with few samples yet, a derivative less has less noise.
    [[nodiscard]] held_fit fit_ahead(double lead) const {
        return {samples_, lead, width_,
                options_.mean_spread > 0 ? held_fit::bend_by_mean : held_fit::by_mean};
    }

    [[nodiscard]] std::vector<measured_fold> folds_of(
        const std::vector<measured_point>& points) const {
        std::vector<crossing_value> growths;
        for (const auto& point : points)
            growths.push_back({point.lead, point.growth, point.growth_error});
        const auto at = [&](double lead) {
            const auto fit = fit_at(lead);
            return rest_at(options_, fit).point();
        };
        std::vector<measured_fold> out;
        for (const auto& [a, b] : crossings_of(growths)) {
            const auto [lead, error] = crossing(a, b, [&](double middle) {
                const auto point = at(middle);
                return crossing_value{middle, point.growth, point.growth_error};
            });
            // There feedback does not move with the lead: its error is that at a fixed lead.
            const auto fold = at(lead);
            out.push_back({lead, error, fold.feedback, fold.feedback_error});
        }
        return out;
    }

    [[nodiscard]] std::vector<measured_cusp> cusps_of(const std::vector<double>& leads) const {
        const auto bend = [&](double lead) {
            const bend_at at(fit_at(lead), options_.experts);
            return crossing_value{lead, at.twice, at.twice_error};
        };
        std::vector<crossing_value> bends;
        for (const double lead : leads) bends.push_back(bend(lead));
        std::vector<measured_cusp> out;
        for (const auto& [a, b] : crossings_of(bends)) {
            const auto [lead, error] = crossing(a, b, bend);
            out.push_back(cusp_at(lead, error));
        }
        return out;
    }

    /// Neither feedback nor bias moves with the lead there, so that errors are those at a fixed
    /// lead.
    [[nodiscard]] measured_cusp cusp_at(double lead, double lead_error) const {
        const auto fit = fit_at(lead);
        const bend_at at(fit, options_.experts);
        const double feedback = options_.decay / at.once;
        const held_fit::vector by_feedback = -feedback / at.once * at.by_once,
                               by_bias = -at.m * by_feedback - feedback * at.by_gap;
        return {lead,
                lead_error,
                feedback,
                fit.error(by_feedback),
                options_.decay * lead - feedback * at.m,
                fit.error(by_bias)};
    }

    /// Where u = 0, by Newton's method, if that is half a width or more inside of what was held.
    [[nodiscard]] std::optional<measured_balance> balance(const std::vector<double>& leads) const {
        const double per_mean = 1 / (options_.decay * static_cast<double>(options_.experts));
        measured_balance out{leads.front(), 0, 1 / per_mean, 0};
        double move = 0;
        for (int i = 0; i < 20; ++i) {
            out.lead -= move;
            if (!(out.lead > leads.front() - width_ / 2 && out.lead < leads.back() + width_ / 2))
                return std::nullopt;
            const auto fit = fit_at(out.lead);
            const auto& f = fit.derivatives;
            const double w = options_.mean_spread > 0 ? out.feedback * per_mean - fit.mean : 0;
            const double slope = f[held_fit::by_lead] + f[held_fit::by_both] * w;
            move = (f[held_fit::value] + f[held_fit::by_mean] * w +
                    f[held_fit::by_mean_twice] * w * w / 2) /
                   slope;
            out.feedback = options_.decay / gap_of_logit(0, options_.experts).once / slope;
            held_fit::vector by_u = held_fit::vector::Zero(), by_slope = by_u;
            by_u[held_fit::value] = by_slope[held_fit::by_lead] = 1;
            by_u[held_fit::by_mean] = by_slope[held_fit::by_both] = w;
            by_u[held_fit::by_mean_twice] = w * w / 2;
            out.lead_error = fit.error(by_u) / std::abs(slope);
            out.feedback_error = std::abs(out.feedback / slope) * fit.error(by_slope);
        }
        if (!(std::abs(move) < out.lead_error)) return std::nullopt;  // samples come and go
        return out;
    }

    const load_sampler& sampler_;
    const measured_options& options_;
    double width_;
    std::vector<held_sample> samples_;
    std::size_t count_ = 0;  // held before these
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
        .not_negative("mean_spread", options.mean_spread)
        .positive_and_finite("to - from", options.to - options.from);
    return follower(sampler, options).follow();
}

}  // namespace moebius

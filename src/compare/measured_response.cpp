// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/require.hpp>
#include <moebius/compare/measured_response.hpp>
#include <moebius/solve/dense.hpp>

namespace moebius {
namespace {

/// How the value and the slope (by node) of a cubic in the middle of 2 half + 1 nodes follow from
/// theirs, in least squares. Shape: (2, nodes).
/// @source Savitzky & Golay, Anal. Chem. 36 (1964)
Eigen::MatrixXd smoothing(int half) {
    Eigen::MatrixXd powers(2 * half + 1, 4);
    for (int i = -half; i <= half; ++i)
        for (int k = 0; k < 4; ++k) powers(i + half, k) = std::pow(i, k);
    return pseudo_inverse(powers).topRows(2);
}

/// Cubics between nodes at equal distances, from smoothed values and slopes.
class gap_curve {
public:
    gap_curve(const std::vector<double>& x, const std::vector<double>& y)
        : from_(x.front()), step_(x[1] - x[0]), y_(y), slope_(y.size()) {
        constexpr int half = 5;
        const auto weights = smoothing(half);
        for (std::size_t i = half; i + half < y.size(); ++i) {
            const Eigen::Map<const Eigen::VectorXd> near(y.data() + i - half, 2 * half + 1);
            const Eigen::Vector2d fit = weights * near;
            y_[i] = fit[0];
            slope_[i] = fit[1] / step_;
        }
        for (std::size_t i = 1; i + 1 < y.size(); ++i) {  // as monotone as the values allow
            const double before = y_[i] - y_[i - 1], behind = y_[i + 1] - y_[i];
            const double most = 3 * std::max(0.0, std::min(before, behind)) / step_;
            slope_[i] = std::clamp(slope_[i], 0.0, most);
        }
    }

    /// Value and Taylor coefficients at x.
    [[nodiscard]] std::array<double, 4> at(double x) const {
        const double place = (x - from_) / step_;
        const auto cells = static_cast<double>(y_.size() - 1);
        if (!(place > 0)) return {y_.front(), 0, 0, 0};
        if (!(place < cells)) return {y_.back(), 0, 0, 0};
        const auto i = static_cast<std::size_t>(place);
        const double t = place - static_cast<double>(i), rise = y_[i + 1] - y_[i];
        const double a = step_ * slope_[i], b = step_ * slope_[i + 1];
        const double c2 = 3 * rise - 2 * a - b,
                     c3 = a + b - 2 * rise;  // y_i + a t + c2 t^2 + c3 t^3
        const double h = step_;
        return {y_[i] + t * (a + t * (c2 + t * c3)), (a + t * (2 * c2 + 3 * t * c3)) / h,
                (c2 + 3 * t * c3) / (h * h), c3 / (h * h * h)};
    }

private:
    double from_, step_;
    std::vector<double> y_, slope_;
};

class measured_loads final : public load_response {
public:
    explicit measured_loads(gap_curve gap) : gap_(std::move(gap)), groups_(singletons(2)) {}

    std::string_view name() const override { return "measured"; }
    std::string_view formula() const override { return "measured open-loop"; }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping) const override { return nullptr; }
    bool knows_one_beta() const override { return true; }

    void loads(std::span<const double> s, double, std::span<double> p) const override {
        const double gap = gap_.at(s[0] - s[1])[0];
        p[0] = (1 + gap) / 2;
        p[1] = (1 - gap) / 2;
    }

    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        loads(s, beta, p);
        const double slope = gap_.at(s[0] - s[1])[1] / 2;
        by_score[0] = by_score[3] = slope;
        by_score[1] = by_score[2] = -slope;
        by_beta[0] = by_beta[1] = 0;
    }

    void along(std::span<const double> s, double, std::span<const double> v, double,
               std::span<double> out) const override {
        const auto c = gap_.at(s[0] - s[1]);
        const double u = v[0] - v[1];
        const std::array<double, 4> gap{c[0], c[1] * u, c[2] * u * u, c[3] * u * u * u};
        for (std::size_t k = 0; k < 4; ++k) {
            out[2 * k] = gap[k] / 2;
            out[2 * k + 1] = -gap[k] / 2;
        }
        out[0] += 0.5;
        out[1] += 0.5;
    }

    double within(std::span<const double>, double, std::size_t) const override { return 0; }

private:
    gap_curve gap_;
    grouping groups_;
};

/// The monotone values nearest to these: neighbours in the wrong order take their mean.
std::vector<double> monotone(const std::vector<double>& values) {
    struct pool {
        double sum;
        std::size_t count;
        [[nodiscard]] double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<pool> pools;
    for (const double value : values) {
        pools.push_back({value, 1});
        while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
            const auto last = pools.back();
            pools.pop_back();
            pools.back().sum += last.sum;
            pools.back().count += last.count;
        }
    }
    std::vector<double> out;
    for (const auto& p : pools) out.insert(out.end(), p.count, p.mean());
    return out;
}

void check(const token_source& source, const response_options& o) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("measure_response", got, needed);
    };
    if (source.experts() != 2)
        reject(fmt::format("{} experts came", source.experts()), "two are needed");
    require("measure_response").positive_and_finite("reach", o.reach);
    if (o.points < 12) reject(fmt::format("points is {}", o.points), "it must be >= 12");
    require("measure_response").at_least("tokens", o.tokens, 1);
    if (o.batches < 2) reject(fmt::format("batches is {}", o.batches), "it must be >= 2");
}

/// The tokens of a batch, which may be one of minutes.
/// @throws interrupted
void fill_by_parts(const token_source& source, const batch_key& key, std::span<random_block> words,
                   std::span<double> logits, const watch& watched) {
    constexpr std::size_t part = 65536;
    for (std::size_t first = 0; first < words.size(); first += part) {
        if (watched.stopping()) throw interrupted("measure_response");
        const auto some = words.subspan(first, std::min(part, words.size() - first));
        const auto from = static_cast<std::uint32_t>(first);
        random_words(key.seed, random_stream::token, key.step, from, some);
        source.fill(key, from, some, logits.subspan(2 * first, 2 * some.size()));
    }
}

mean_gap gap_at(double x, const token_source& source, const router& router,
                const response_options& options, std::uint64_t seed, const watch& watched) {
    const std::vector<double> scores{x / 2, -x / 2};
    std::vector<random_block> words(options.tokens);
    std::vector<double> logits(2 * options.tokens);
    double sum = 0, squares = 0;
    for (std::size_t b = 0; b < options.batches; ++b) {
        const batch_key key{seed, b};
        fill_by_parts(source, key, words, logits, watched);
        const auto load = router.route({2, logits, scores, key}).load;
        const double gap = load[0] - load[1];
        sum += gap;
        squares += gap * gap;
    }
    const auto n = static_cast<double>(options.batches);
    const double mean = sum / n;
    return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / (n - 1))};
}

/// Twice the reach until the gap at neither end moves by more than its noise.
double saturating_reach(const token_source& source, const router& router,
                        const response_options& options, const watch& watched) {
    const auto moves = [&](double x) {
        const auto near =
            gap_at(x, source, router, options, derived_seed(options.seed, 1), watched);
        const auto far =
            gap_at(2 * x, source, router, options, derived_seed(options.seed, 2), watched);
        return std::abs(far.value - near.value) > 4 * std::hypot(near.error, far.error) + 1e-4;
    };
    double reach = options.reach;
    for (int k = 0; k < 20 && (moves(reach) || moves(-reach)); ++k) reach *= 2;
    return reach;
}

}  // namespace

mean_gap open_loop_gap(double x, const token_source& source, const router& router,
                       const response_options& options, std::uint64_t seed, const watch& watched) {
    check(source, options);
    router.check(2);
    return gap_at(x, source, router, options, seed, watched);
}

response_options response_at(double beta) {
    response_options options;
    options.reach /= beta;
    return options;
}

measured_response measure_response(const std::shared_ptr<const token_source>& source,
                                   const router& router, const response_options& options,
                                   const watch& watched) {
    check(*source, options);
    router.check(2);
    const std::size_t points = options.points;
    const double reach = saturating_reach(*source, router, options, watched);
    measured_response out;
    out.x.resize(points);
    out.gap.resize(points);
    out.error.resize(points);
    const auto at_point = [&](std::size_t i) {
        const double place = 2 * static_cast<double>(i) / static_cast<double>(points - 1) - 1;
        out.x[i] = reach * place;
        const auto gap =
            gap_at(out.x[i], *source, router, options, derived_seed(options.seed, i + 3), watched);
        out.gap[i] = gap.value;
        out.error[i] = gap.error;
    };
    parallel_for(points, options.threads, at_point, watched, "measure_response");
    out.gap = monotone(out.gap);
    out.loads = std::make_shared<measured_loads>(gap_curve(out.x, out.gap));
    return out;
}

}  // namespace moebius

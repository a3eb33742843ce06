// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/require.hpp>
#include <moebius/router/load_response.hpp>
#include <utility>
#include <vector>

#include "series.hpp"

namespace moebius {
namespace {

class softmax_response final : public load_response {
public:
    explicit softmax_response(grouping groups) : groups_(std::move(groups)) {
        for (const auto& group : groups_.groups)
            sizes_.push_back(static_cast<double>(group.size()));
    }

    std::string_view name() const override { return "softmax"; }
    std::string_view formula() const override { return "exp(beta s_e) / sum_f exp(beta s_f)"; }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping groups) const override {
        return std::make_shared<softmax_response>(std::move(groups));
    }

    void loads(std::span<const double> s, double beta, std::span<double> p) const override {
        const double top = *std::max_element(s.begin(), s.end());  // exp cannot overflow
        double sum = 0;
        constexpr std::size_t block = 64;  // sums of sums: less rounding where there are many
        for (std::size_t from = 0; from < sizes_.size(); from += block) {
            double part = 0;
            for (std::size_t g = from; g < std::min(from + block, sizes_.size()); ++g)
                part += sizes_[g] * (p[g] = std::exp(beta * (s[g] - top)));
            sum += part;
        }
        for (std::size_t g = 0; g < sizes_.size(); ++g) p[g] /= sum;
    }

    bool enclose(std::span<const enclosed> s, const enclosed& beta,
                 std::span<enclosed> p) const override {
        double top = s[0].value().middle();  // any would do: exp cannot overflow
        for (const auto& each : s) top = std::max(top, each.value().middle());
        enclosed sum;
        for (std::size_t g = 0; g < sizes_.size(); ++g)
            sum += sizes_[g] * (p[g] = exp(beta * (s[g] - top)));
        for (auto& share : p) share /= sum;
        return true;
    }

    /// dp_g/ds_h = beta p_g (delta_gh - size_h p_h), dp_g/dbeta = p_g (s_g - mean s).
    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        loads(s, beta, p);
        const std::size_t n = sizes_.size();
        double mean = 0;
        for (std::size_t h = 0; h < n; ++h) {
            const double share = sizes_[h] * p[h];
            mean += share * s[h];
            for (std::size_t g = 0; g < n; ++g) by_score[h * n + g] = -beta * p[g] * share;
            by_score[h * n + h] += beta * p[h];
        }
        for (std::size_t g = 0; g < n; ++g) by_beta[g] = p[g] * (s[g] - mean);
    }

    /// With u = beta s: e = exp(u) and p = e / sum e, as power series.
    void along(std::span<const double> s, double beta, std::span<const double> v, double q,
               std::span<double> out) const override {
        const std::size_t n = sizes_.size();
        const double top = *std::max_element(s.begin(), s.end());
        std::vector<series<3>> e(n);
        series<3> sum;
        for (std::size_t g = 0; g < n; ++g) {
            const double below = s[g] - top;
            e[g] = exponential(std::exp(beta * below), beta * v[g] + q * below, q * v[g]);
            sum += sizes_[g] * e[g];
        }
        for (std::size_t g = 0; g < n; ++g) {
            const auto p = e[g] / sum;
            for (std::size_t k = 0; k < 4; ++k) out[k * n + g] = p.c[k];
        }
    }

    double within(std::span<const double> s, double beta, std::size_t g) const override {
        std::vector<double> p(sizes_.size());
        loads(s, beta, p);
        return beta * p[g];
    }

    std::size_t rank() const override { return 1; }

    void low_rank(std::span<const double> s, double beta, std::span<double> p,
                  std::span<double> diagonal, std::span<double> left,
                  std::span<double> right) const override {
        loads(s, beta, p);
        for (std::size_t g = 0; g < sizes_.size(); ++g) {
            left[g] = p[g];
            diagonal[g] = beta * p[g];
            right[g] = -diagonal[g] * sizes_[g];
        }
    }

    /// w^T p' v = beta (A - W V) with A = sum w p v, W = sum w p and V = sum size p v.
    bool curvature(std::span<const double> s, double beta, std::span<const double> w,
                   std::span<const double> v, std::span<double> by_score,
                   double& by_beta) const override {
        const std::size_t n = sizes_.size();
        const auto p = by_score;
        loads(s, beta, p);
        double a = 0, wp = 0, vp = 0, mean = 0;
        for (std::size_t g = 0; g < n; ++g) {
            a += w[g] * p[g] * v[g];
            wp += w[g] * p[g];
            vp += sizes_[g] * p[g] * v[g];
            mean += sizes_[g] * p[g] * s[g];
        }
        double da = 0, dw = 0, dv = 0;  // by beta: dp_g = p_g (s_g - mean)
        for (std::size_t g = 0; g < n; ++g) {
            const double dp = p[g] * (s[g] - mean);
            da += w[g] * dp * v[g];
            dw += w[g] * dp;
            dv += sizes_[g] * dp * v[g];
        }
        by_beta = a - wp * vp + beta * (da - dw * vp - wp * dv);
        for (std::size_t g = 0; g < n; ++g) {  // dp_h/ds_g = beta p_g (delta_gh - size_g p_h)
            const double own = w[g] * v[g] - w[g] * vp - sizes_[g] * v[g] * wp;
            by_score[g] = beta * beta * p[g] * (own - sizes_[g] * (a - 2 * wp * vp));
        }
        return true;
    }

private:
    grouping groups_;
    std::vector<double> sizes_;
};

}  // namespace

std::shared_ptr<const load_response> softmax_loads(std::size_t experts) {
    require("softmax").at_least("experts", experts, 2);
    return std::make_shared<softmax_response>(singletons(experts));
}

}  // namespace moebius

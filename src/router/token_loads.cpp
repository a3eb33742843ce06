// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/router/load_response.hpp>
#include <span>
#include <utility>
#include <vector>

#include "mean_response.hpp"
#include "row_matrix.hpp"

namespace moebius {
namespace {

constexpr Eigen::Index most_at_once = 128;  // tokens, whose shares stay in the cache

class token_response final : public load_response {
public:
    token_response(std::vector<double> logits, std::size_t experts)
        : logits_(std::move(logits)), groups_(singletons(experts)) {}

    std::string_view name() const override { return "token-softmax"; }
    std::string_view formula() const override { return "mean_t softmax(beta (l_t + s))_e"; }
    const grouping& groups() const override { return groups_; }
    std::shared_ptr<const load_response> regrouped(grouping) const override { return nullptr; }

    void loads(std::span<const double> s, double beta, std::span<double> p) const override {
        const std::size_t n = groups_.size();
        std::fill(p.begin(), p.end(), 0.0);
        for_each_token(s, beta, [&](std::span<const double>, std::span<const double> share) {
            for (std::size_t e = 0; e < n; ++e) p[e] += share[e];
        });
        divide(p);
    }

    /// dp_e/ds_f = beta mean_t p_te (delta_ef - p_tf), dp_e/dbeta = mean_t p_te (z_te - mean_p z_t)
    /// with z = l + s.
    void slopes(std::span<const double> s, double beta, std::span<double> p,
                std::span<double> by_score, std::span<double> by_beta) const override {
        const std::size_t n = groups_.size();
        std::fill(p.begin(), p.end(), 0.0);
        std::fill(by_beta.begin(), by_beta.end(), 0.0);
        detail::row_matrix shares(most_at_once, detail::index(n));
        Eigen::MatrixXd together = Eigen::MatrixXd::Zero(shares.cols(), shares.cols());
        Eigen::Index kept = 0;
        const auto add_kept = [&] {
            together.selfadjointView<Eigen::Lower>().rankUpdate(shares.topRows(kept).transpose());
            kept = 0;
        };
        for_each_token(s, beta, [&](std::span<const double> z, std::span<const double> share) {
            double mean = 0;
            for (std::size_t e = 0; e < n; ++e) mean += share[e] * z[e];
            for (std::size_t e = 0; e < n; ++e) {
                p[e] += share[e];
                by_beta[e] += share[e] * (z[e] - mean);
            }
            std::copy(share.begin(), share.end(), shares.row(kept).data());
            if (++kept == most_at_once) add_kept();
        });
        add_kept();
        divide(p);
        divide(by_beta);
        const double each = beta / tokens();
        Eigen::Map<Eigen::MatrixXd> slopes(by_score.data(), shares.cols(), shares.cols());
        slopes = together.selfadjointView<Eigen::Lower>();
        slopes *= -each;
        for (std::size_t e = 0; e < n; ++e) by_score[e * n + e] += beta * p[e];
    }

    void along(std::span<const double> s, double beta, std::span<const double> v, double q,
               std::span<double> out) const override {
        const std::size_t n = groups_.size();
        std::fill(out.begin(), out.end(), 0.0);
        std::vector<series<3>> weight(n);  // a share times exp of its change
        for_each_token(s, beta, [&](std::span<const double> z, std::span<const double> share) {
            series<3> sum;
            for (std::size_t e = 0; e < n; ++e)
                sum += weight[e] = exponential(share[e], beta * v[e] + q * z[e], q * v[e]);
            sum.c[0] = 1;  // as shares do, but for rounding
            for (std::size_t e = 0; e < n; ++e) {
                const auto p = weight[e] / sum;
                for (std::size_t k = 0; k < 4; ++k) out[k * n + e] += p.c[k];
            }
        });
        divide(out);
    }

    double within(std::span<const double>, double, std::size_t) const override {
        return 0;
    }  // no group has 2

private:
    /// Calls use(z, share) with z = l_t + s - max and the token's shares, both (E).
    template <typename Use>
    void for_each_token(std::span<const double> s, double beta, Use use) const {
        const std::size_t n = groups_.size();
        std::vector<double> z(n), share(n);
        for (auto row = logits_.begin(); row != logits_.end();
             row += static_cast<std::ptrdiff_t>(n)) {
            for (std::size_t e = 0; e < n; ++e) z[e] = row[static_cast<std::ptrdiff_t>(e)] + s[e];
            const double top = *std::max_element(z.begin(), z.end());
            double sum = 0;
            for (std::size_t e = 0; e < n; ++e) sum += share[e] = std::exp(beta * (z[e] -= top));
            for (double& value : share) value /= sum;
            use(z, share);
        }
    }

    [[nodiscard]] double tokens() const {
        const std::size_t rows = logits_.size() / groups_.size();
        return static_cast<double>(rows);
    }

    void divide(std::span<double> values) const {
        for (double& value : values) value /= tokens();
    }

    std::vector<double> logits_;  // (tokens, experts), row-major
    grouping groups_;
};

}  // namespace

std::shared_ptr<const load_response> token_softmax_loads(std::vector<double> logits,
                                                         std::size_t experts) {
    check_tokens("token-softmax", logits, experts);
    return std::make_shared<token_response>(std::move(logits), experts);
}

}  // namespace moebius

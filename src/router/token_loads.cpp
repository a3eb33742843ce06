// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <memory>
#include <moebius/base/view.hpp>
#include <moebius/router/load_response.hpp>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "mean_response.hpp"
#include "row_matrix.hpp"

namespace moebius {
namespace {

constexpr Eigen::Index most_at_once = 128;  // tokens, whose shares stay in the cache
constexpr double least_sum = 1e-200;        // of weights: below it some may underflow

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
        for_each_token(s, beta, [&](std::size_t, std::span<const double> share) {
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
        std::vector<double> z(n);
        for_each_token(s, beta, [&](std::size_t t, std::span<const double> share) {
            set_scores(t, s, z);
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
        std::vector<double> z(n);
        for_each_token(s, beta, [&](std::size_t t, std::span<const double> share) {
            set_scores(t, s, z);
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
    /// exp(beta (l_te - max_e l_te)), (T, E) row-major: they are the same for all scores.
    struct token_weights {
        double beta;
        std::vector<double> values;
    };

    [[nodiscard]] std::shared_ptr<const token_weights> weights(double beta) const {
        const std::lock_guard hold(lock_);
        if (!weights_ || weights_->beta != beta) {
            auto made = std::make_shared<token_weights>(token_weights{beta, logits_});
            const auto n = static_cast<std::ptrdiff_t>(groups_.size());
            for (auto row = made->values.begin(); row != made->values.end(); row += n) {
                const double top = *std::max_element(row, row + n);
                std::for_each(row, row + n, [&](double& l) { l = std::exp(beta * (l - top)); });
            }
            weights_ = std::move(made);
        }
        return weights_;
    }

    /// Calls use(t, share) with the shares (E) of each token t.
    template <typename Use>
    void for_each_token(std::span<const double> s, double beta, Use use) const {
        const std::size_t n = groups_.size();
        const auto by_token = weights(beta);
        const double top = *std::max_element(s.begin(), s.end());
        Eigen::ArrayXd by_score(detail::index(n)), share(detail::index(n));
        for (std::size_t e = 0; e < n; ++e)
            by_score[detail::index(e)] = std::exp(beta * (s[e] - top));
        for (std::size_t t = 0; t * n < logits_.size(); ++t) {
            const double* row = by_token->values.data() + t * n;
            share = by_score * Eigen::ArrayXd::Map(row, share.size());
            const double sum = share.sum();
            if (sum >= least_sum)
                share *= 1 / sum;
            else
                set_shares(t, s, beta, view(share));
            use(t, std::span<const double>(share.data(), n));
        }
    }

    /// Where what a token prefers and what the scores do are hundreds apart.
    void set_shares(std::size_t t, std::span<const double> s, double beta,
                    std::span<double> share) const {
        std::vector<double> z(share.size());
        set_scores(t, s, z);
        double sum = 0;
        for (std::size_t e = 0; e < z.size(); ++e) sum += share[e] = std::exp(beta * z[e]);
        for (double& value : share) value /= sum;
    }

    /// z = l_t + s - max, (E).
    void set_scores(std::size_t t, std::span<const double> s, std::span<double> z) const {
        const std::size_t n = groups_.size();
        for (std::size_t e = 0; e < n; ++e) z[e] = logits_[t * n + e] + s[e];
        const double top = *std::max_element(z.begin(), z.end());
        for (double& value : z) value -= top;
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
    mutable std::mutex lock_;  // of what is remembered: the weights at the last beta
    mutable std::shared_ptr<const token_weights> weights_;
};

}  // namespace

std::shared_ptr<const load_response> token_softmax_loads(std::vector<double> logits,
                                                         std::size_t experts) {
    check_tokens("token-softmax", logits, experts);
    return std::make_shared<token_response>(std::move(logits), experts);
}

}  // namespace moebius

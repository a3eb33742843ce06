// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <moebius/model/expert_feedback.hpp>
#include <numeric>
#include <string>
#include <utility>

#include "feedback_field.hpp"

namespace moebius {
namespace {

class plain_feedback final : public detail::feedback_field {
public:
    static constexpr std::span shared{std::span(detail::shared_by_all).first<3>()};
    static constexpr std::array<std::string_view, 1> letters{"s"};

    explicit plain_feedback(std::shared_ptr<const load_response> loads)
        : feedback_field(std::move(loads), shared, letters),
          equation_(fmt::format("s_e' = feedback p_e - decay s_e + bias_e, p_e = {}",
                                response().formula())) {}

    std::string_view equation() const override { return equation_; }
    std::size_t cell_states() const override { return 1; }

    std::shared_ptr<const cell_field> regrouped(grouping groups) const override {
        const auto loads = response().regrouped(std::move(groups));
        return loads ? std::make_shared<plain_feedback>(loads) : nullptr;
    }

    void rhs(std::span<const double> s, std::span<const double> p,
             std::span<double> out) const override {
        response().loads(s, p[beta], out);
        for (std::size_t g = 0; g < size(); ++g)
            out[g] = p[feedback] * out[g] - p[decay] * s[g] + bias(p)[g];
    }

    bool enclose(std::span<const enclosed> s, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        if (!response().enclose(s, p[beta], out)) return false;
        for (std::size_t g = 0; g < size(); ++g)
            out[g] = p[feedback] * out[g] - p[decay] * s[g] + p[shared.size() + g];
        return true;
    }

    void linear(std::span<const double> s, std::span<const double> p, std::span<double> f,
                std::span<double> fx, std::span<double> fp) const override {
        const std::size_t n = size();
        const auto by_feedback = fp.subspan(n * feedback, n);
        const auto by_decay = fp.subspan(n * decay, n);
        const auto by_beta = fp.subspan(n * beta, n);
        response().slopes(s, p[beta], by_feedback, fx, by_beta);
        for (std::size_t i = 0; i < n * n; ++i) fx[i] *= p[feedback];
        std::fill_n(fp.subspan(n * shared.size()).begin(), n * n, 0.0);
        for (std::size_t g = 0; g < n; ++g) {
            fx[g * n + g] -= p[decay];
            f[g] = p[feedback] * by_feedback[g] - p[decay] * s[g] + bias(p)[g];
            by_decay[g] = -s[g];
            by_beta[g] *= p[feedback];
            fp[n * (shared.size() + g) + g] = 1;
        }
    }

    std::size_t jacobian_rank() const override { return response().rank(); }

    void structured(std::span<const double> s, std::span<const double> p,
                    std::span<const std::size_t> free, const structured_terms& out) const override {
        const std::size_t n = size(), rank = response().rank();
        response().low_rank(s, p[beta], out.f, out.diagonal, out.left, out.right);
        for (std::size_t i = 0; i < n * rank; ++i) out.left[i] *= p[feedback];
        for (std::size_t k = 0; k < free.size(); ++k)
            by_parameter(free[k], s, p, out.f, out.fp.subspan(n * k, n));
        for (std::size_t g = 0; g < n; ++g) {
            out.diagonal[g] = p[feedback] * out.diagonal[g] - p[decay];
            out.f[g] = p[feedback] * out.f[g] - p[decay] * s[g] + bias(p)[g];
        }
    }

    void curvature(std::span<const double> s, std::span<const double> p,
                   std::span<const std::size_t> free, std::span<const double> w,
                   std::span<const double> v, std::span<double> out) const override {
        const std::size_t n = size();
        double by_beta = 0;
        if (!response().curvature(s, p[beta], w, v, out.first(n), by_beta))
            return field::curvature(s, p, free, w, v, out);
        for (std::size_t g = 0; g < n; ++g) out[g] *= p[feedback];
        for (std::size_t k = 0; k < free.size(); ++k) {
            out[n + k] = 0;
            if (free[k] == decay)
                out[n + k] = -std::inner_product(w.begin(), w.end(), v.begin(), 0.0);
            if (free[k] == beta) out[n + k] = p[feedback] * by_beta;
            if (free[k] == feedback) out[n + k] = slope(s, p, w, v);
        }
    }

    void along(std::span<const double> s, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        const std::size_t n = size();
        response().along(s, p[beta], v, q[beta], out);
        for (std::size_t k = 4; k-- > 0;)
            for (std::size_t g = 0; g < n; ++g) {
                double& c = out[k * n + g];
                c *= p[feedback];
                if (k > 0) c += q[feedback] * out[(k - 1) * n + g];
                if (k == 0) c += bias(p)[g] - p[decay] * s[g];
                if (k == 1) c += bias(q)[g] - p[decay] * v[g] - q[decay] * s[g];
                if (k == 2) c -= q[decay] * v[g];
            }
    }

    void loads(std::span<const double> s, std::span<const double> p,
               std::span<double> out) const override {
        response().loads(s, p[beta], out);
    }

    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        return score_bounds(p);
    }

    bool rest(std::span<const double> loads, std::span<const double> p,
              std::span<double> out) const override {
        resting_scores(possible(loads), p, out);
        return true;
    }

    void within(std::span<const double> s, std::span<const double> p, std::size_t g,
                std::span<double> out) const override {
        out[0] = p[feedback] * response().within(s, p[beta], g) - p[decay];
    }

private:
    /// out (n) = df/dp_k, where the loads are known.
    void by_parameter(std::size_t k, std::span<const double> s, std::span<const double> p,
                      std::span<const double> loads, std::span<double> out) const {
        const std::size_t n = size();
        if (k == feedback) {
            std::copy_n(loads.begin(), n, out.begin());
        } else if (k == decay) {
            std::transform(s.begin(), s.end(), out.begin(), std::negate<>());
        } else if (k == beta) {
            std::vector<double> still(n), series(4 * n);
            response().along(s, p[beta], still, 1, series);
            std::transform(series.begin() + static_cast<std::ptrdiff_t>(n),
                           series.begin() + static_cast<std::ptrdiff_t>(2 * n), out.begin(),
                           [&](double slope) { return p[feedback] * slope; });
        } else {
            std::fill_n(out.begin(), n, 0.0);
            out[k - shared.size()] = 1;
        }
    }

    /// w^T (dp/ds) v.
    double slope(std::span<const double> s, std::span<const double> p, std::span<const double> w,
                 std::span<const double> v) const {
        const std::size_t n = size();
        std::vector<double> series(4 * n);
        response().along(s, p[beta], v, 0, series);
        return std::inner_product(w.begin(), w.end(),
                                  series.begin() + static_cast<std::ptrdiff_t>(n), 0.0);
    }

    std::string equation_;
};

}  // namespace

std::span<const parameter_info> expert_parameters(bool controlled) noexcept {
    if (controlled) return detail::shared_by_all;
    return plain_feedback::shared;
}

std::shared_ptr<const cell_field> expert_feedback(std::shared_ptr<const load_response> response) {
    return std::make_shared<plain_feedback>(std::move(response));
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <moebius/model/expert_feedback.hpp>
#include <numeric>
#include <string>
#include <utility>

namespace moebius {
namespace {

constexpr std::array<parameter_info, 5> shared_by_all{
    {{"feedback", "κ", "score gained per unit of load", 1},
     {"decay", "λ", "rate at which every score forgets", 1, 0},
     {"beta", "β", "inverse temperature of the routing", 1, 0},
     {"gain", "γ", "rate of the load-balancing controller", 0.02},
     {"leak", "μ_b", "rate at which the controller forgets", 0}}};

/// "bias_3" for the group whose first member is the third expert.
std::vector<std::string> by_first_member(std::string_view word, const grouping& groups) {
    std::vector<std::string> names;
    for (const auto& group : groups.groups)
        names.push_back(fmt::format("{}_{}", word, group.front() + 1));
    return names;
}

std::vector<double> sizes_of(const grouping& groups) {
    std::vector<double> sizes;
    for (const auto& group : groups.groups) sizes.push_back(static_cast<double>(group.size()));
    return sizes;
}

/// What both models share: the response, the names, and the score equation.
class feedback_field : public cell_field {
public:
    feedback_field(std::shared_ptr<const load_response> response,
                   std::span<const parameter_info> shared, std::span<const std::string_view> states)
        : response_(std::move(response)), shared_(shared.size()) {
        const grouping& groups = response_->groups();
        for (const auto letter : states)
            for (std::size_t g = 1; g <= groups.size(); ++g)
                owned_states_.push_back(fmt::format("{}_{}", letter, g));
        state_names_.assign(owned_states_.begin(), owned_states_.end());
        owned_biases_ = by_first_member("bias", groups);
        owned_symbols_ = by_first_member("b", groups);
        parameters_.assign(shared.begin(), shared.end());
        for (std::size_t g = 0; g < groups.size(); ++g)
            parameters_.push_back({owned_biases_[g], owned_symbols_[g],
                                   "external asymmetry in the drift of an expert's score", 0});
    }

    std::string_view name() const override { return response_->name(); }
    std::span<const std::string_view> state_names() const override { return state_names_; }
    std::size_t dimension() const override { return state_names_.size(); }
    std::span<const parameter_info> parameters() const override { return parameters_; }
    const grouping& groups() const override { return response_->groups(); }
    std::size_t shared_parameters() const override { return shared_; }
    std::size_t experts() const override { return size(); }
    const cell_field* cells() const override {
        return response_->regrouped(groups()) ? this : nullptr;  // experts that see tokens differ
    }
    double state_scale(const double* p) const override { return 1 / p[beta]; }

protected:
    enum parameter : std::size_t { feedback, decay, beta, gain, leak };

    [[nodiscard]] std::size_t size() const { return groups().size(); }
    [[nodiscard]] const load_response& response() const { return *response_; }
    [[nodiscard]] const double* bias(const double* p) const { return p + shared_; }

    /// Bounds of (feedback p + bias) / decay for shares p.
    [[nodiscard]] std::pair<double, double> score_bounds(const double* p) const {
        const auto [low, high] = std::minmax_element(bias(p), bias(p) + size());
        return {(std::min(p[feedback], 0.0) + *low) / p[decay],
                (std::max(p[feedback], 0.0) + *high) / p[decay]};
    }

    std::shared_ptr<const load_response> response_;

private:
    std::size_t shared_;
    std::vector<std::string> owned_states_, owned_biases_, owned_symbols_;
    std::vector<std::string_view> state_names_;
    std::vector<parameter_info> parameters_;
};

class plain_feedback final : public feedback_field {
public:
    static constexpr std::span shared{std::span(shared_by_all).first<3>()};
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

    void rhs(const double* s, const double* p, double* out) const override {
        response().loads(s, p[beta], out);
        for (std::size_t g = 0; g < size(); ++g)
            out[g] = p[feedback] * out[g] - p[decay] * s[g] + bias(p)[g];
    }

    void linear(const double* s, const double* p, double* f, double* fx,
                double* fp) const override {
        const std::size_t n = size();
        double* by_feedback = fp + n * feedback;
        double* by_decay = fp + n * decay;
        double* by_beta = fp + n * beta;
        response().slopes(s, p[beta], by_feedback, fx, by_beta);
        for (std::size_t i = 0; i < n * n; ++i) fx[i] *= p[feedback];
        std::fill_n(fp + n * shared.size(), n * n, 0.0);
        for (std::size_t g = 0; g < n; ++g) {
            fx[g * n + g] -= p[decay];
            f[g] = p[feedback] * by_feedback[g] - p[decay] * s[g] + bias(p)[g];
            by_decay[g] = -s[g];
            by_beta[g] *= p[feedback];
            fp[n * (shared.size() + g) + g] = 1;
        }
    }

    std::size_t jacobian_rank() const override { return response().rank(); }

    void structured(const double* s, const double* p, std::span<const std::size_t> free,
                    const structured_terms& out) const override {
        const std::size_t n = size(), rank = response().rank();
        response().low_rank(s, p[beta], out.f, out.diagonal, out.left, out.right);
        for (std::size_t i = 0; i < n * rank; ++i) out.left[i] *= p[feedback];
        for (std::size_t k = 0; k < free.size(); ++k)
            by_parameter(free[k], s, p, out.f, out.fp + n * k);
        for (std::size_t g = 0; g < n; ++g) {
            out.diagonal[g] = p[feedback] * out.diagonal[g] - p[decay];
            out.f[g] = p[feedback] * out.f[g] - p[decay] * s[g] + bias(p)[g];
        }
    }

    void curvature(const double* s, const double* p, std::span<const std::size_t> free,
                   const double* w, const double* v, double* out) const override {
        double by_beta = 0;
        if (!response().curvature(s, p[beta], w, v, out, &by_beta))
            return field::curvature(s, p, free, w, v, out);
        const std::size_t n = size();
        for (std::size_t g = 0; g < n; ++g) out[g] *= p[feedback];
        for (std::size_t k = 0; k < free.size(); ++k) {
            out[n + k] = 0;
            if (free[k] == decay) out[n + k] = -std::inner_product(w, w + n, v, 0.0);
            if (free[k] == beta) out[n + k] = p[feedback] * by_beta;
            if (free[k] == feedback) out[n + k] = slope(s, p, w, v);
        }
    }

    void along(const double* s, const double* p, const double* v, const double* q,
               double* out) const override {
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

    void loads(const double* s, const double* p, double* out) const override {
        response().loads(s, p[beta], out);
    }

    std::pair<double, double> state_bounds(const double* p) const override {
        return score_bounds(p);
    }

    void within(const double* s, const double* p, std::size_t g, double* out) const override {
        *out = p[feedback] * response().within(s, p[beta], g) - p[decay];
    }

private:
    /// out (n) = df/dp_k, where the loads are known.
    void by_parameter(std::size_t k, const double* s, const double* p, const double* loads,
                      double* out) const {
        const std::size_t n = size();
        if (k == feedback) {
            std::copy_n(loads, n, out);
        } else if (k == decay) {
            std::transform(s, s + n, out, std::negate<>());
        } else if (k == beta) {
            std::vector<double> still(n), series(4 * n);
            response().along(s, p[beta], still.data(), 1, series.data());
            std::transform(series.begin() + static_cast<std::ptrdiff_t>(n),
                           series.begin() + static_cast<std::ptrdiff_t>(2 * n), out,
                           [&](double slope) { return p[feedback] * slope; });
        } else {
            std::fill_n(out, n, 0.0);
            out[k - shared.size()] = 1;
        }
    }

    /// w^T (dp/ds) v.
    double slope(const double* s, const double* p, const double* w, const double* v) const {
        const std::size_t n = size();
        std::vector<double> series(4 * n);
        response().along(s, p[beta], v, 0, series.data());
        return std::inner_product(w, w + n, series.begin() + static_cast<std::ptrdiff_t>(n), 0.0);
    }

    std::string equation_;
};

class integral_control final : public feedback_field {
public:
    static constexpr std::span shared{shared_by_all};
    static constexpr std::array<std::string_view, 2> letters{"z", "b"};

    explicit integral_control(std::shared_ptr<const load_response> loads)
        : feedback_field(std::move(loads), shared, letters),
          balanced_(1 / static_cast<double>(groups().members())),
          sizes_(sizes_of(groups())),
          equation_(fmt::format(
              "z_e' = feedback p_e - decay z_e + bias_e, "
              "b_e' = -gain (p_e - 1/N) - leak b_e - decay mean b, p_e = {} at s = z + b",
              response().formula())) {}

    std::string_view equation() const override { return equation_; }
    std::size_t cell_states() const override { return 2; }

    std::shared_ptr<const cell_field> regrouped(grouping groups) const override {
        const auto loads = response().regrouped(std::move(groups));
        return loads ? std::make_shared<integral_control>(loads) : nullptr;
    }

    void rhs(const double* x, const double* p, double* out) const override {
        const std::size_t n = size();
        response().loads(sum(x).data(), p[beta], out);
        const double mean = mean_control(x);
        for (std::size_t g = 0; g < n; ++g) {
            const double load = out[g];
            out[g] = p[feedback] * load - p[decay] * x[g] + bias(p)[g];
            out[n + g] = -p[gain] * (load - balanced_) - p[leak] * x[n + g] - p[decay] * mean;
        }
    }

    void linear(const double* x, const double* p, double* f, double* fx,
                double* fp) const override {
        const std::size_t n = size();
        std::vector<double> load(n), by_score(n * n), by_beta(n);
        response().slopes(sum(x).data(), p[beta], load.data(), by_score.data(), by_beta.data());
        for (std::size_t h = 0; h < n; ++h)
            for (std::size_t g = 0; g < n; ++g) {
                const double slope = by_score[h * n + g];
                for (const std::size_t column : {h, n + h}) {  // z and b act alike
                    fx[2 * n * column + g] = p[feedback] * slope;
                    fx[2 * n * column + n + g] = -p[gain] * slope;
                }
                fx[2 * n * (n + h) + n + g] -= p[decay] * balanced_ * sizes_[h];
            }
        const double mean = mean_control(x);
        std::fill_n(fp, 2 * n * parameters().size(), 0.0);
        const auto by = [fp, n](std::size_t j, std::size_t row) -> double& {
            return fp[2 * n * j + row];
        };
        for (std::size_t g = 0; g < n; ++g) {
            fx[2 * n * g + g] -= p[decay];
            fx[2 * n * (n + g) + n + g] -= p[leak];
            f[g] = p[feedback] * load[g] - p[decay] * x[g] + bias(p)[g];
            f[n + g] = -p[gain] * (load[g] - balanced_) - p[leak] * x[n + g] - p[decay] * mean;
            by(feedback, g) = load[g];
            by(decay, g) = -x[g];
            by(decay, n + g) = -mean;
            by(beta, g) = p[feedback] * by_beta[g];
            by(beta, n + g) = -p[gain] * by_beta[g];
            by(gain, n + g) = balanced_ - load[g];
            by(leak, n + g) = -x[n + g];
            by(shared.size() + g, g) = 1;
        }
    }

    void along(const double* x, const double* p, const double* v, const double* q,
               double* out) const override {
        const std::size_t n = size();
        std::vector<double> load(4 * n);
        response().along(sum(x).data(), p[beta], sum(v).data(), q[beta], load.data());
        const double mean = mean_control(x), mean_v = mean_control(v);
        for (std::size_t g = 0; g < n; ++g)
            for (std::size_t k = 0; k < 4; ++k) {
                const double now = load[k * n + g], before = k > 0 ? load[(k - 1) * n + g] : 0;
                const double even = k == 0 ? balanced_ : 0, even_before = k == 1 ? balanced_ : 0;
                double z = p[feedback] * now + q[feedback] * before;
                double b = -p[gain] * (now - even) - q[gain] * (before - even_before);
                if (k == 0) {
                    z += bias(p)[g] - p[decay] * x[g];
                    b -= p[leak] * x[n + g] + p[decay] * mean;
                } else if (k == 1) {
                    z += bias(q)[g] - p[decay] * v[g] - q[decay] * x[g];
                    b -= p[leak] * v[n + g] + q[leak] * x[n + g] + p[decay] * mean_v +
                         q[decay] * mean;
                } else if (k == 2) {
                    z -= q[decay] * v[g];
                    b -= q[leak] * v[n + g] + q[decay] * mean_v;
                }
                out[2 * n * k + g] = z;
                out[2 * n * k + n + g] = b;
            }
    }

    void loads(const double* x, const double* p, double* out) const override {
        response().loads(sum(x).data(), p[beta], out);
    }

    /// Of z and b; without a leak nothing bounds b.
    std::pair<double, double> state_bounds(const double* p) const override {
        if (p[leak] > 0) {
            const auto [low, high] = score_bounds(p);
            const double reach = std::abs(p[gain]) / p[leak];
            return {std::min(low, -reach), std::max(high, reach)};
        }
        return field::unbounded();
    }

    void within(const double* x, const double* p, std::size_t g, double* out) const override {
        const double slope = response().within(sum(x).data(), p[beta], g);
        out[0] = p[feedback] * slope - p[decay];
        out[1] = -p[gain] * slope;
        out[2] = p[feedback] * slope;
        out[3] = -p[gain] * slope - p[leak];
    }

private:
    [[nodiscard]] std::vector<double> sum(const double* x) const {
        std::vector<double> s(size());
        for (std::size_t g = 0; g < s.size(); ++g) s[g] = x[g] + x[s.size() + g];
        return s;
    }

    /// The mean of b over all experts.
    [[nodiscard]] double mean_control(const double* x) const {
        double total = 0;
        for (std::size_t g = 0; g < size(); ++g) total += sizes_[g] * x[size() + g];
        return total * balanced_;
    }

    double balanced_;
    std::vector<double> sizes_;
    std::string equation_;
};

}  // namespace

std::span<const parameter_info> expert_parameters(bool controlled) noexcept {
    if (controlled) return integral_control::shared;
    return plain_feedback::shared;
}

std::shared_ptr<const cell_field> expert_feedback(std::shared_ptr<const load_response> response) {
    return std::make_shared<plain_feedback>(std::move(response));
}

std::shared_ptr<const cell_field> controlled_feedback(
    std::shared_ptr<const load_response> response) {
    return std::make_shared<integral_control>(std::move(response));
}

}  // namespace moebius

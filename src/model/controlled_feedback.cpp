// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <moebius/model/coupled_cells.hpp>
#include <moebius/model/expert_feedback.hpp>
#include <string>
#include <utility>

#include "feedback_field.hpp"

namespace moebius {
namespace {

constexpr double symmetric = 1e-12;  // of the largest entry: what rounding leaves of a symmetry

std::vector<double> sizes_of(const grouping& groups) {
    std::vector<double> sizes;
    for (const auto& group : groups.groups) sizes.push_back(static_cast<double>(group.size()));
    return sizes;
}

class integral_control final : public detail::feedback_field, public coupled_cells {
public:
    static constexpr std::span shared{detail::shared_by_all};
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

    void rhs(std::span<const double> x, std::span<const double> p,
             std::span<double> out) const override {
        const std::size_t n = size();
        response().loads(sum(x), p[beta], out.first(size()));
        const double mean = mean_control(x);
        for (std::size_t g = 0; g < n; ++g) {
            const double load = out[g];
            out[g] = p[feedback] * load - p[decay] * x[g] + bias(p)[g];
            out[n + g] = -p[gain] * (load - balanced_) - p[leak] * x[n + g] - p[decay] * mean;
        }
    }

    bool enclose(std::span<const enclosed> x, std::span<const enclosed> p,
                 std::span<enclosed> out) const override {
        const std::size_t n = size();
        std::vector<enclosed> s(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
        enclosed mean;
        for (std::size_t g = 0; g < n; ++g) {
            s[g] += x[n + g];
            mean += sizes_[g] * x[n + g];
        }
        const enclosed all = static_cast<double>(groups().members());
        mean /= all;
        if (!response().enclose(s, p[beta], out.first(n))) return false;
        for (std::size_t g = 0; g < n; ++g) {
            const enclosed load = out[g];
            out[g] = p[feedback] * load - p[decay] * x[g] + p[shared.size() + g];
            out[n + g] = p[gain] * (1.0 / all - load) - p[leak] * x[n + g] - p[decay] * mean;
        }
        return true;
    }

    void linear(std::span<const double> x, std::span<const double> p, std::span<double> f,
                std::span<double> fx, std::span<double> fp) const override {
        const std::size_t n = size();
        std::vector<double> load(n), by_score(n * n), by_beta(n);
        response().slopes(sum(x), p[beta], load, by_score, by_beta);
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
        std::fill_n(fp.begin(), 2 * n * parameters().size(), 0.0);
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

    void along(std::span<const double> x, std::span<const double> p, std::span<const double> v,
               std::span<const double> q, std::span<double> out) const override {
        const std::size_t n = size();
        std::vector<double> load(4 * n);
        response().along(sum(x), p[beta], sum(v), q[beta], load);
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

    void loads(std::span<const double> x, std::span<const double> p,
               std::span<double> out) const override {
        response().loads(sum(x), p[beta], out.first(size()));
    }

    /// Of z and b; without a leak nothing bounds b.
    std::pair<double, double> state_bounds(std::span<const double> p) const override {
        if (p[leak] > 0) {
            const auto [low, high] = score_bounds(p);
            const double reach = std::abs(p[gain]) / p[leak];
            return {std::min(low, -reach), std::max(high, reach)};
        }
        return field::unbounded();
    }

    /// Without a leak the controller rests at equal loads only.
    bool rest(std::span<const double> given, std::span<const double> p,
              std::span<double> out) const override {
        if (p[leak] == 0 && p[gain] != 0) return false;
        const std::size_t n = size();
        const auto loads = possible(given);
        resting_scores(loads, p, out.first(n));
        for (std::size_t g = 0; g < n; ++g)
            out[n + g] = p[gain] == 0 ? 0 : -p[gain] * (loads[g] - balanced_) / p[leak];
        return true;
    }

    void within(std::span<const double> x, std::span<const double> p, std::size_t g,
                std::span<double> out) const override {
        mode(p, response().within(sum(x), p[beta], g), out);
    }

    /// dp_g/ds_h times sqrt(size_g / size_h): symmetric where the loads are a gradient.
    bool coupling(std::span<const double> x, std::span<const double> p,
                  std::span<double> out) const override {
        const std::size_t n = size();
        std::vector<double> load(n), by_beta(n);
        response().slopes(sum(x), p[beta], load, out, by_beta);
        double largest = 0, off = 0;
        for (std::size_t h = 0; h < n; ++h)
            for (std::size_t g = 0; g < n; ++g) {
                double& to = out[h * n + g];
                to *= std::sqrt(sizes_[g] / sizes_[h]);
                largest = std::max(largest, std::abs(to));
                if (g < h) off = std::max(off, std::abs(to - out[g * n + h]));
            }
        return off <= symmetric * largest;
    }

    /// Of loads of rank one, and that of the mean control.
    std::size_t coupled_rank() const override { return response().rank() == 1 ? 2 : 0; }

    /// With dp/ds = diag(d) + u v^T: [feedback, feedback; -gain, -gain] d on each cell, the same
    /// u v^T, and the mean of b.
    void coupled(std::span<const double> x, std::span<const double> p,
                 std::span<const std::size_t> free, const coupled_terms& out) const override {
        const std::size_t n = size();
        const auto& [f, diagonal, left, right, fp] = out.all;
        const auto load = f.first(n), slope = diagonal.first(n);
        response().low_rank(sum(x), p[beta], load, slope, left.first(n), right.first(n));
        for (std::size_t k = 0; k < free.size(); ++k)
            by_parameter(free[k], x, p, load, fp.subspan(2 * n * k, 2 * n));
        const double mean = mean_control(x);
        for (std::size_t g = 0; g < n; ++g) {
            const double d = slope[g], u = left[g], v = right[g];
            out.upper[g] = p[feedback] * d;
            out.lower[g] = -p[gain] * d;
            diagonal[g] = p[feedback] * d - p[decay];
            diagonal[n + g] = -p[gain] * d - p[leak];
            left[g] = p[feedback] * u;
            left[n + g] = -p[gain] * u;
            right[n + g] = v;
            left[2 * n + g] = right[2 * n + g] = 0;
            left[3 * n + g] = -p[decay] * balanced_;
            right[3 * n + g] = sizes_[g];
            const double now = load[g];
            f[g] = p[feedback] * now - p[decay] * x[g] + bias(p)[g];
            f[n + g] = -p[gain] * (now - balanced_) - p[leak] * x[n + g] - p[decay] * mean;
        }
    }

    void rank_one_coupling(std::span<const double> x, std::span<const double> p,
                           std::span<double> diagonal, std::span<double> weights) const override {
        std::vector<double> load(size()), v(size());
        response().low_rank(sum(x), p[beta], load, diagonal, weights, v);
        for (std::size_t g = 0; g < v.size(); ++g) weights[g] *= v[g];
    }

    void mode(std::span<const double> p, std::optional<double> sigma,
              std::span<double> out) const override {
        const double slope = sigma.value_or(0);
        out[0] = p[feedback] * slope - p[decay];
        out[1] = -p[gain] * slope;
        out[2] = p[feedback] * slope;
        out[3] = -p[gain] * slope - p[leak] - (sigma ? 0 : p[decay]);
    }

private:
    [[nodiscard]] std::vector<double> sum(std::span<const double> x) const {
        std::vector<double> s(size());
        for (std::size_t g = 0; g < s.size(); ++g) s[g] = x[g] + x[s.size() + g];
        return s;
    }

    /// out (2 G) = df/dp_k, where the loads are known.
    void by_parameter(std::size_t k, std::span<const double> x, std::span<const double> p,
                      std::span<const double> load, std::span<double> out) const {
        const std::size_t n = size();
        std::fill_n(out.begin(), 2 * n, 0.0);
        std::vector<double> series(4 * n);
        if (k == beta) response().along(sum(x), p[beta], std::vector<double>(n), 1, series);
        const double mean = mean_control(x);
        for (std::size_t g = 0; g < n; ++g) {
            if (k == feedback) out[g] = load[g];
            if (k == decay) {
                out[g] = -x[g];
                out[n + g] = -mean;
            }
            if (k == beta) {
                out[g] = p[feedback] * series[n + g];
                out[n + g] = -p[gain] * series[n + g];
            }
            if (k == gain) out[n + g] = balanced_ - load[g];
            if (k == leak) out[n + g] = -x[n + g];
        }
        if (k >= shared.size()) out[k - shared.size()] = 1;
    }

    /// The mean of b over all experts.
    [[nodiscard]] double mean_control(std::span<const double> x) const {
        double total = 0;
        for (std::size_t g = 0; g < size(); ++g) total += sizes_[g] * x[size() + g];
        return total * balanced_;
    }

    double balanced_;
    std::vector<double> sizes_;
    std::string equation_;
};

}  // namespace

std::shared_ptr<const cell_field> controlled_feedback(
    std::shared_ptr<const load_response> response) {
    return std::make_shared<integral_control>(std::move(response));
}

}  // namespace moebius

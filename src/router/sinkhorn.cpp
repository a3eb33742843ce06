// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/require.hpp>
#include <moebius/router/sinkhorn.hpp>

#include "row_matrix.hpp"
#include "rows.hpp"

namespace moebius {
namespace {

using detail::as_matrix;
using matrix = detail::row_matrix;

void check(std::span<const double> cost, std::size_t experts, const sinkhorn_options& options) {
    const auto reject = [](std::string_view got, std::string_view needed) {
        throw invalid_argument("sinkhorn", got, needed);
    };
    if (experts < 1) reject("no experts came", "at least one is needed");
    if (cost.size() % experts != 0)
        reject(fmt::format("{} costs came for {} experts", cost.size(), experts),
               "each token needs one for every expert");
    require("sinkhorn")
        .positive_and_finite("xi", options.xi)
        .positive("tolerance", options.tolerance);
    if (options.max_iterations < 1)
        reject(fmt::format("max_iterations is {}", options.max_iterations), "it must be >= 1");
}

void check_size(std::string_view who, std::size_t came, std::size_t wanted) {
    if (came != wanted)
        throw invalid_argument(who, fmt::format("{} derivatives came", came),
                               fmt::format("the plan has {} entries", wanted));
}

/// log-domain scaling of the rows that can be routed, packed: K = C/xi, (rows, N).
class scaling {
public:
    scaling(std::span<const double> cost, std::size_t experts, double xi) : n_(experts) {
        double top = -infinite;
        for (std::size_t t = 0; t < cost.size() / n_; ++t) {
            const auto row = row_of(cost, t, n_);
            if (!routable(row)) continue;
            tokens_.push_back(t);
            top = std::max(top, *std::max_element(row.begin(), row.end()));
        }
        constexpr double lowest = -1e200;    // of what is open: sums with it stay finite
        for (const std::size_t t : tokens_)  // less the largest: C/xi cannot overflow above
            for (const double c : row_of(cost, t, n_))
                k_.push_back(c == -infinite ? c : std::max((c - top) / xi, lowest));
        shift_ = top / xi;
        log_u_.assign(tokens_.size(), 0);
        log_v_.assign(n_, 0);
        of_columns_.resize(n_);
    }

    [[nodiscard]] bool has_solution() const {
        std::vector<std::uint8_t> open(n_);
        for (std::size_t i = 0; i < k_.size(); ++i)
            if (k_[i] > -infinite) open[i % n_] = 1;
        return std::find(open.begin(), open.end(), 0) == open.end();
    }

    /// of_columns_j = LSE_i(K_ij + log u_i): gives the sums of columns now, and the next v.
    void sum_columns() {
        std::vector<double> top(n_, -infinite), sum(n_);
        for (std::size_t t = 0; t < tokens_.size(); ++t)
            for (std::size_t j = 0; j < n_; ++j)
                top[j] = std::max(top[j], k_[t * n_ + j] + log_u_[t]);
        for (std::size_t t = 0; t < tokens_.size(); ++t)
            for (std::size_t j = 0; j < n_; ++j)
                sum[j] += std::exp(k_[t * n_ + j] + log_u_[t] - top[j]);
        for (std::size_t j = 0; j < n_; ++j) of_columns_[j] = top[j] + std::log(sum[j]);
    }

    void update() {
        const double target = std::log(column_target());
        for (std::size_t j = 0; j < n_; ++j) log_v_[j] = target - of_columns_[j];
        std::vector<double> row(n_);
        for (std::size_t t = 0; t < tokens_.size(); ++t) {
            for (std::size_t j = 0; j < n_; ++j) row[j] = k_[t * n_ + j] + log_v_[j];
            log_u_[t] = -log_sum_exp(row);
        }
        sum_columns();
    }

    [[nodiscard]] double residual() const {
        double sum = 0;
        for (std::size_t j = 0; j < n_; ++j) {
            const double off = std::exp(log_v_[j] + of_columns_[j]) - column_target();
            sum += off * off;
        }
        return std::sqrt(sum);
    }

    /// Rows as a softmax, so that they sum to 1 however large the exponents are.
    void write(sinkhorn_plan& out) const {
        out.log_v = log_v_;
        for (std::size_t t = 0; t < tokens_.size(); ++t) {
            out.log_u[tokens_[t]] = log_u_[t] - shift_;
            const auto row = row_of(out.plan, tokens_[t], n_);
            for (std::size_t j = 0; j < n_; ++j) row[j] = k_[t * n_ + j] + log_v_[j];
            softmax(row, row);
        }
    }

    [[nodiscard]] bool empty() const { return tokens_.empty(); }

private:
    [[nodiscard]] double column_target() const {
        return static_cast<double>(tokens_.size()) / static_cast<double>(n_);
    }

    std::size_t n_;
    std::vector<std::size_t> tokens_;
    std::vector<double> k_, log_u_, log_v_, of_columns_;
    double shift_ = 0;
};

}  // namespace

std::string_view to_string(sinkhorn_cost cost) noexcept {
    return cost == sinkhorn_cost::linear ? "linear" : "softmax";
}

std::string_view to_string(sinkhorn_status status) noexcept {
    switch (status) {
        case sinkhorn_status::converged:
            return "converged";
        case sinkhorn_status::out_of_iterations:
            return "out of iterations";
        case sinkhorn_status::no_solution:
            return "no solution";
    }
    return "unknown";
}

sinkhorn_plan sinkhorn(std::span<const double> cost, std::size_t experts,
                       const sinkhorn_options& options) {
    check(cost, experts, options);
    sinkhorn_plan out;
    out.log_u.assign(cost.size() / experts, -infinite);
    out.log_v.assign(experts, 0);
    out.plan.assign(cost.size(), 0);
    scaling state(cost, experts, options.xi);
    if (state.empty()) {
        out.status = sinkhorn_status::converged;
        return out;
    }
    if (!state.has_solution()) {
        out.status = sinkhorn_status::no_solution;
        return out;
    }
    state.sum_columns();
    while (!out && out.iterations < options.max_iterations) {
        state.update();
        ++out.iterations;
        out.residual = state.residual();
        if (out.residual < options.tolerance) out.status = sinkhorn_status::converged;
    }
    state.write(out);
    return out;
}

/// With r = (Pi o G) 1 and c = (Pi o G)^T 1: a + Pi b = r and Pi^T a + diag(Pi^T 1) b = c. Without
/// a, (diag(Pi^T 1) - Pi^T Pi) b = c - Pi^T r: semidefinite, singular for each part of the experts
/// that the plan connects, and solvable. Which solution is taken changes a 1^T + 1 b^T nowhere that
/// Pi is not 0.
std::vector<double> sinkhorn_backward(const sinkhorn_plan& plan, std::size_t experts, double xi,
                                      std::span<const double> by_plan) {
    check_size("sinkhorn_backward", by_plan.size(), plan.plan.size());
    require("sinkhorn_backward").positive_and_finite("xi", xi);
    std::vector<double> by_cost(by_plan.size());
    if (by_cost.empty()) return by_cost;
    const auto pi = as_matrix(plan.plan, experts);
    matrix weighted = matrix::Zero(pi.rows(), pi.cols());
    for (Eigen::Index i = 0; i < pi.size(); ++i)
        if (pi.data()[i] != 0)
            weighted.data()[i] = pi.data()[i] * by_plan[static_cast<std::size_t>(i)];

    const Eigen::VectorXd rows = weighted.rowwise().sum(), columns = weighted.colwise().sum();
    matrix schur = -(pi.transpose() * pi);
    schur.diagonal() += pi.colwise().sum().transpose();
    const Eigen::VectorXd b =
        schur.completeOrthogonalDecomposition().solve(columns - pi.transpose() * rows);
    const Eigen::VectorXd a = rows - pi * b;
    Eigen::Map<matrix> out(by_cost.data(), pi.rows(), pi.cols());
    out =
        (weighted.array() -
         pi.array() * (a.replicate(1, pi.cols()) + b.transpose().replicate(pi.rows(), 1)).array()) /
        xi;
    return by_cost;
}

std::vector<double> cost_of(sinkhorn_cost law, std::span<const double> logits,
                            std::size_t experts) {
    std::vector<double> cost(logits.begin(), logits.end());
    for (std::size_t t = 0; t < logits.size() / experts; ++t) {
        const auto row = row_of(cost, t, experts);
        if (!routable(row)) {
            std::fill(row.begin(), row.end(), std::numeric_limits<double>::quiet_NaN());
        } else if (law == sinkhorn_cost::softmax) {
            const auto from = row_of(logits, t, experts);
            softmax(from, row);
            for (std::size_t e = 0; e < experts; ++e)
                if (from[e] == -infinite) row[e] = -infinite;  // closed stays closed
        }
    }
    return cost;
}

std::vector<double> cost_backward(sinkhorn_cost law, std::span<const double> logits,
                                  std::size_t experts, std::span<const double> by_cost) {
    check_size("cost_backward", by_cost.size(), logits.size());
    if (law == sinkhorn_cost::linear) return {by_cost.begin(), by_cost.end()};
    std::vector<double> by_logits(by_cost.size()), share(experts);
    for (std::size_t t = 0; t < logits.size() / experts; ++t) {
        const auto row = row_of(logits, t, experts);
        if (!routable(row)) continue;
        softmax(row, share);
        add_softmax_backward(share, row_of(by_cost, t, experts), row_of(by_logits, t, experts));
    }
    return by_logits;
}

plan_gates gates_of(const sinkhorn_plan& plan, std::span<const double> cost, std::size_t experts,
                    std::size_t k) {
    if (cost.size() != plan.plan.size())
        throw invalid_argument("gates_of", fmt::format("{} costs came", cost.size()),
                               fmt::format("the plan has {} entries", plan.plan.size()));
    if (k < 1 || k > experts)
        throw invalid_argument("gates_of", fmt::format("k is {} for {} experts", k, experts),
                               "it must be in [1, experts]");
    plan_gates out{std::vector<std::uint8_t>(cost.size()), std::vector<double>(cost.size())};
    for (std::size_t t = 0; t < plan.log_u.size(); ++t) {
        if (plan.log_u[t] == -infinite) continue;
        const auto row = row_of(plan.plan, t, experts);
        const auto chosen = row_of(out.chosen, t, experts);
        mark_largest(row, row_of(cost, t, experts), k, chosen);
        double sum = 0;
        for (std::size_t e = 0; e < experts; ++e) sum += chosen[e] * row[e];
        for (std::size_t e = 0; e < experts; ++e)
            out.weights[t * experts + e] = chosen[e] * row[e] / sum;
    }
    return out;
}

std::vector<double> gates_backward(const sinkhorn_plan& plan, const plan_gates& gates,
                                   std::size_t experts, std::span<const double> by_weights) {
    check_size("gates_backward", by_weights.size(), plan.plan.size());
    std::vector<double> by_plan(by_weights.size());
    for (std::size_t t = 0; t < plan.log_u.size(); ++t) {
        double mean = 0, sum = 0;
        for (std::size_t i = t * experts; i < (t + 1) * experts; ++i) {
            if (!gates.chosen[i]) continue;
            mean += gates.weights[i] * by_weights[i];
            sum += plan.plan[i];
        }
        for (std::size_t i = t * experts; i < (t + 1) * experts; ++i)
            if (gates.chosen[i]) by_plan[i] = (by_weights[i] - mean) / sum;
    }
    return by_plan;
}

}  // namespace moebius

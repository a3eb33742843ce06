// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace moebius {

/// What a transport plan is made from.
enum class sinkhorn_cost {
    linear,   ///< the logits themselves
    softmax,  ///< their softmax in each row
};
[[nodiscard]] std::string_view to_string(sinkhorn_cost cost) noexcept;

/// How a scaling ended.
enum class sinkhorn_status {
    converged,
    out_of_iterations,  ///< rows are right, columns not yet, or never: closed entries may forbid it
    no_solution,        ///< an expert is closed to every token: there is no plan
};
[[nodiscard]] std::string_view to_string(sinkhorn_status status) noexcept;

struct sinkhorn_options {
    double xi = 1;             ///< entropy weight, in units of the cost; > 0
    double tolerance = 1e-4;   ///< on `residual`, in tokens; > 0
    int max_iterations = 100;  ///< >= 1
};

/// A plan Pi = diag(u) exp(C/xi) diag(v) of T tokens and N experts.
struct sinkhorn_plan {
    sinkhorn_status status = sinkhorn_status::out_of_iterations;  ///< look here first
    std::vector<double> log_u;  ///< (T); minus infinity for a token that was left out
    std::vector<double> log_v;  ///< (N)
    std::vector<double> plan;   ///< (T, N), row-major: rows sum to 1; 0 for a token left out
    int iterations = 0;         ///< updates of v and u
    double residual = 0;        ///< 2-norm of (sum of column j) - (tokens not left out)/N
    [[nodiscard]] explicit operator bool() const noexcept {
        return status == sinkhorn_status::converged;
    }
};

/// The plan that maximises <Pi, C> - xi <Pi, log Pi> with rows that sum to 1 and columns that sum
/// to T/N, by scaling in the log domain: v first, then u, so that rows are exact at exit.
///
/// A constant added to a row or a column of C changes nothing in it; one added to a column changes
/// no iteration on the way, either.
/// Where xi is small against the costs and a balanced assignment of whole tokens exists, the
/// residual falls only like 1/iterations: then `out_of_iterations` is the usual answer.
/// Tokens whose row holds NaN or plus infinity, or nothing finite, are left out of the problem.
///
/// @param cost  C (T, N), row-major: larger is better; minus infinity where a token may not go;
///              T may be 0
/// @throws invalid_argument  for no experts, a size that does not fit, an option out of range
/// @cost    two passes over C an iteration and two more; 7 to 13 ns an entry and pass (AMD EPYC)
/// @source  Cuturi, NeurIPS 2013; docs/routers.md section 5.1
[[nodiscard]] sinkhorn_plan sinkhorn(std::span<const double> cost, std::size_t experts,
                                     const sinkhorn_options& options = {});

/// dL/dC (T, N) from dL/dPi, without unrolling the iteration: the plan is taken as the optimum of
/// the problem whose column sums are its own, so the better it converged, the truer the gradient.
///
/// @param by_plan  dL/dPi (T, N), row-major; not read where the plan is 0
/// @throws invalid_argument  for a size that does not fit or xi <= 0
/// @cost    T N^2 + N^3: the Schur complement of the rows is (N, N)
/// @source  docs/routers.md section 5.4 (implicit function theorem on the two marginals)
[[nodiscard]] std::vector<double> sinkhorn_backward(const sinkhorn_plan& plan, std::size_t experts,
                                                    double xi, std::span<const double> by_plan);

/// The cost that a law makes of logits; a token that cannot be routed gets a row of NaN.
/// Shapes: (T, N) -> (T, N).
[[nodiscard]] std::vector<double> cost_of(sinkhorn_cost law, std::span<const double> logits,
                                          std::size_t experts);

/// dL/dlogit (T, N) from dL/dC.
/// @throws invalid_argument  for a size that does not fit
[[nodiscard]] std::vector<double> cost_backward(sinkhorn_cost law, std::span<const double> logits,
                                                std::size_t experts,
                                                std::span<const double> by_cost);

/// The gates of a plan: its k largest entries a row, the lowest experts on ties, made to sum to 1.
/// Among laws on k experts this one is the nearest to the row in the sense of Kullback and Leibler.
struct plan_gates {
    std::vector<std::uint8_t> chosen;  ///< (T, N); fewer than k in a row with fewer finite costs
    std::vector<double> weights;       ///< (T, N)
};
/// @param cost  (T, N): where it is not finite an expert is closed to a token
/// @throws invalid_argument  unless 1 <= k <= experts
[[nodiscard]] plan_gates gates_of(const sinkhorn_plan& plan, std::span<const double> cost,
                                  std::size_t experts, std::size_t k);

/// dL/dPi (T, N) from dL/dweight, the choice held fixed.
/// @throws invalid_argument  for a size that does not fit
[[nodiscard]] std::vector<double> gates_backward(const sinkhorn_plan& plan, const plan_gates& gates,
                                                 std::size_t experts,
                                                 std::span<const double> by_weights);

}  // namespace moebius

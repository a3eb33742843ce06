// SPDX-License-Identifier: MIT
#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/compare/expert_chain.hpp>
#include <moebius/compare/expert_states.hpp>

namespace moebius {
namespace {

constexpr std::size_t refreshed_every = 8;  // batches of one square root of the covariance

/// out (N): standard normals of one member and batch, four from a block of words.
void draw_normals(std::uint64_t seed, std::size_t member, std::uint64_t batch,
                  std::span<double> out) {
    for (std::size_t e = 0; e < out.size(); e += 4) {
        const auto w =
            random_words(seed, block(random_stream::chain, static_cast<std::uint32_t>(e / 4)),
                         batch, static_cast<std::uint32_t>(member));
        const auto [a, b] = normal_pair(uniform(w[0]), uniform(w[1]));
        const auto [c, d] = normal_pair(uniform(w[2]), uniform(w[3]));
        const double four[] = {a, b, c, d};
        std::copy_n(four, std::min<std::size_t>(4, out.size() - e),
                    out.begin() + static_cast<std::ptrdiff_t>(e));
    }
}

/// The noise of batches whose tokens take one expert each: (diag p - p p^T)^(1/2) xi/sqrt T.
class choice_noise {
public:
    choice_noise(const problem&, const loop_batches& batches)
        : per_token_(1 / std::sqrt(static_cast<double>(batches.tokens))) {}

    void add(std::span<const double>, std::span<const double>, const Eigen::VectorXd& normals,
             std::span<double> loads) {
        double sum = 0;
        for (std::size_t e = 0; e < loads.size(); ++e)
            sum += std::sqrt(loads[e]) * normals(static_cast<Eigen::Index>(e));
        for (std::size_t e = 0; e < loads.size(); ++e)
            loads[e] += per_token_ * (std::sqrt(loads[e]) * normals(static_cast<Eigen::Index>(e)) -
                                      loads[e] * sum);
    }

private:
    double per_token_;
};

/// That of sets: a square root of the slope of the mean loads.
class set_noise {
public:
    set_noise(const problem& at, const loop_batches& batches)
        : at_(at),
          per_slope_(1 / (at.parameters[at.index_of("beta")] *
                          static_cast<double>(batches.top_k * batches.tokens))) {}

    void add(std::span<const double> scores, std::span<const double> parameters,
             const Eigen::VectorXd& normals, std::span<double> loads) {
        if (used_++ % refreshed_every == 0) factor(scores, parameters);
        const Eigen::VectorXd noise = root_ * normals;
        for (std::size_t e = 0; e < loads.size(); ++e)
            loads[e] += noise(static_cast<Eigen::Index>(e));
    }

private:
    void factor(std::span<const double> scores, std::span<const double> parameters) {
        const std::size_t n = scores.size();
        const auto size = static_cast<Eigen::Index>(n);
        std::vector<double> f(n), fp(n * parameters.size());
        Eigen::MatrixXd slopes(size, size);
        at_.model->linear(scores, parameters, f, {slopes.data(), n * n}, fp);
        const double feedback = parameters[at_.index_of("feedback")];
        const double decay = parameters[at_.index_of("decay")];
        slopes.diagonal().array() += decay;
        slopes *= per_slope_ / feedback;
        const Eigen::LDLT<Eigen::MatrixXd> factors(slopes);
        const Eigen::VectorXd widths = factors.vectorD().cwiseMax(0).cwiseSqrt();
        root_ = Eigen::MatrixXd(factors.matrixL()) * widths.asDiagonal();
        root_ = factors.transpositionsP().transpose() * root_;
    }

    const problem& at_;
    double per_slope_;
    Eigen::MatrixXd root_;
    std::size_t used_ = 0;
};

/// One member, until it crosses the level.
template <typename Noise>
double run(problem at, const schedule& plan, std::span<const double> from, const passage& lead,
           Noise noise, const chain_options& options, std::size_t member, const watch& watched) {
    std::vector<double> scores(from.begin(), from.end()), loads(from.size());
    Eigen::VectorXd normals(static_cast<Eigen::Index>(from.size()));
    double& feedback = at.parameters[at.index_of("feedback")];
    const double decay = at.parameters[at.index_of("decay")];
    std::uint64_t batch = 0;
    for (std::size_t leg = 0; leg < plan.legs.size(); ++leg)
        for (std::size_t k = 0; k < plan.legs[leg].batches; ++k, ++batch) {
            if (watched.stopping()) throw interrupted("expert_chain");
            feedback = plan.value(leg, k);
            at.model->loads(scores, at.parameters, loads);
            draw_normals(options.seed, member, batch, {normals.data(), from.size()});
            noise.add(scores, at.parameters, normals, loads);
            for (std::size_t e = 0; e < scores.size(); ++e)
                scores[e] += options.step * (feedback * loads[e] - decay * scores[e]);
            if (lead.crossed(lead_of(scores))) return feedback;
        }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::vector<double> expert_chain(const problem& at, const schedule& plan,
                                 std::span<const double> scores, const passage& lead,
                                 const loop_batches& batches, const chain_options& options,
                                 const watch& watched) {
    std::vector<double> passages(options.members);
    const auto member = [&](std::size_t i) {
        passages[i] =
            batches.top_k == 1
                ? run(at, plan, scores, lead, choice_noise(at, batches), options, i, watched)
                : run(at, plan, scores, lead, set_noise(at, batches), options, i, watched);
    };
    parallel_for(options.members, options.threads, member, watched, "expert_chain");
    return passages;
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <moebius/base/error.hpp>
#include <moebius/compare/loop_modes.hpp>

namespace moebius {
namespace {

/// An orthonormal basis of the vectors of zero sum. Shape (N, N - 1).
/// @source  Helmert's matrix: column j is (1, ..., 1, -j, 0, ...)/sqrt(j(j + 1)), j ones
Eigen::MatrixXd contrasts(Eigen::Index n) {
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(n, n - 1);
    for (Eigen::Index j = 1; j < n; ++j) {
        const double length = std::sqrt(static_cast<double>(j * (j + 1)));
        out.col(j - 1).head(j).setConstant(1 / length);
        out(j, j - 1) = -static_cast<double>(j) / length;
    }
    return out;
}

/// The variance of the scores along a mode: (step feedback)^2 v / (1 - (1 - step r)^2).
double score_variance(const loop_mode& mode, double feedback, double step) {
    return step * feedback * feedback * mode.variance / (mode.rate * (2 - step * mode.rate));
}

/// What modes_about knows of its state.
class expansion {
public:
    expansion(const problem& at, std::span<const double> scores, const loop_batches& batches)
        : at_(at),
          scores_(scores),
          step_(batches.step),
          feedback_(at.parameters[at.index_of("feedback")]),
          decay_(at.parameters[at.index_of("decay")]) {
        const auto n = static_cast<Eigen::Index>(scores.size());
        Eigen::VectorXd f(n);
        Eigen::MatrixXd fx(n, n);
        std::vector<double> fp(scores.size() * at.parameters.size());
        at.model->linear(scores, at.parameters, {f.data(), scores.size()},
                         {fx.data(), scores.size() * scores.size()}, fp);
        slopes_ = (fx + decay_ * Eigen::MatrixXd::Identity(n, n)) / feedback_;
        slopes_ = (0.5 * (slopes_ + slopes_.transpose())).eval();
        per_slope_ = 1 / (at.parameters[at.index_of("beta")] *
                          static_cast<double>(batches.top_k * batches.tokens));
    }

    [[nodiscard]] const Eigen::MatrixXd& slopes() const { return slopes_; }

    /// The mode whose load answers to its score with so steep a slope.
    [[nodiscard]] loop_mode mode(double slope) const {
        return {std::max(0.0, slope) * per_slope_, decay_ - feedback_ * slope};
    }
    [[nodiscard]] double variance(const loop_mode& of) const {
        return score_variance(of, feedback_, step_);
    }
    [[nodiscard]] bool attracts(const loop_mode& of) const {
        return of.rate > 0 && step_ * of.rate < 2;
    }

    /// f''(v, v)/2
    [[nodiscard]] Eigen::VectorXd curvature(const Eigen::VectorXd& v) const {
        const auto n = scores_.size();
        const std::vector<double> still(at_.parameters.size(), 0.0);
        Eigen::MatrixXd taylor(v.size(), 4);
        at_.model->along(scores_, at_.parameters, {v.data(), n}, still, {taylor.data(), 4 * n});
        return taylor.col(2);
    }

    /// The shift of the mean score along a direction over its standard deviation.
    [[nodiscard]] double bend(const Eigen::VectorXd& v) const {
        const auto own = mode(v.dot(slopes_ * v));
        return std::abs(v.dot(curvature(v))) * std::sqrt(variance(own)) / own.rate;
    }

    /// Mean loads follow mean scores: 0 = feedback <n> - decay <s> + bias.
    [[nodiscard]] double load_per_score() const { return decay_ / feedback_; }

private:
    const problem& at_;
    std::span<const double> scores_;
    double step_, feedback_, decay_, per_slope_ = 0;
    Eigen::MatrixXd slopes_;
};

/// One member of each group of several against its others: eigenvectors of the loop's slope.
std::vector<Eigen::VectorXd> partings(std::span<const std::size_t> sizes, Eigen::Index n) {
    std::vector<Eigen::VectorXd> out;
    Eigen::Index first = 0;
    for (const std::size_t size : sizes) {
        const auto m = static_cast<Eigen::Index>(size);
        if (m > 1) {
            Eigen::VectorXd v = Eigen::VectorXd::Zero(n);
            v.segment(first, m).setConstant(-1);
            v(first) = static_cast<double>(m - 1);
            out.push_back(v.normalized());
        }
        first += m;
    }
    return out;
}

/// The leading members of each group against all that follow.
std::vector<Eigen::VectorXd> steps_between(std::span<const std::size_t> sizes, Eigen::Index n) {
    std::vector<Eigen::VectorXd> out;
    Eigen::Index before = 0;
    for (std::size_t g = 0; g + 1 < sizes.size(); ++g) {
        before += static_cast<Eigen::Index>(sizes[g]);
        Eigen::VectorXd v(n);
        v.head(before).setConstant(static_cast<double>(n - before));
        v.tail(n - before).setConstant(-static_cast<double>(before));
        out.push_back(v.normalized());
    }
    return out;
}

}  // namespace

double mean_variance(const loop_mode& mode, double decay, double step, std::size_t batches) {
    const double m = static_cast<double>(batches);
    const double keep = 1 - step * mode.rate;              // phi
    const double gain = step * (decay - mode.rate);        // step feedback j
    const double score = gain * gain / (1 - keep * keep);  // j^2 times the scores' variance
    // autocovariances: 1 + score at lag 0, (score keep + gain) keep^(l - 1) at lag l >= 1
    const double left = 1 - std::pow(keep, m);
    const double lags = 1 / (1 - keep) - left / (m * (1 - keep) * (1 - keep));
    return mode.variance / m * (1 + score + 2 * (score * keep + gain) * lags);
}

loop_modes modes_about(const problem& at, std::span<const double> scores,
                       std::span<const std::size_t> sizes, const loop_batches& batches) {
    const expansion about(at, scores, batches);
    const auto n = static_cast<Eigen::Index>(scores.size());
    const Eigen::MatrixXd basis = contrasts(n);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> own(basis.transpose() * about.slopes() *
                                                             basis);
    loop_modes result;
    result.directions = basis * own.eigenvectors();
    Eigen::VectorXd pull = Eigen::VectorXd::Zero(n);
    for (Eigen::Index i = 0; i + 1 < n; ++i) {
        const auto mode = about.mode(own.eigenvalues()(i));
        if (!about.attracts(mode))
            throw invalid_argument("modes_about", "a state came that does not attract",
                                   "fluctuations are those about one that does");
        result.modes.push_back(mode);
        if (mode.variance > 0)
            pull += about.curvature(result.directions.col(i)) * about.variance(mode);
    }
    Eigen::VectorXd shift = Eigen::VectorXd::Zero(n);
    for (Eigen::Index i = 0; i + 1 < n; ++i) {
        const auto direction = result.directions.col(i);
        shift += direction * (direction.dot(pull) / result.modes[static_cast<std::size_t>(i)].rate);
    }
    shift *= about.load_per_score();
    result.shift.assign(shift.begin(), shift.end());
    for (const auto& ways : {partings(sizes, n), steps_between(sizes, n)})
        for (const auto& way : ways) result.bend = std::max(result.bend, about.bend(way));
    return result;
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

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

/// The covariance of mean loads over so many batches of n_i = e_i + j_i s_i, s_i' = keep_i s_i +
/// g e_i, gain_i = j_i g, where e_i and e_j have the covariance v.
double mean_covariance(double v, const loop_mode& i, const loop_mode& j, double decay, double step,
                       std::size_t batches) {
    const double m = static_cast<double>(batches);
    const double keep_i = 1 - step * i.rate, keep_j = 1 - step * j.rate;
    const double gain_i = step * (decay - i.rate), gain_j = step * (decay - j.rate);
    const double score = gain_i * gain_j / (1 - keep_i * keep_j);  // j_i j_j times the scores' own
    // autocovariances: 1 + score at lag 0, (score keep + gain) keep^(l - 1) at lag l >= 1
    const auto lags = [&](double keep) {
        return 1 / (1 - keep) - (1 - std::pow(keep, m)) / (m * (1 - keep) * (1 - keep));
    };
    return v / m *
           (1 + score + (score * keep_i + gain_i) * lags(keep_i) +
            (score * keep_j + gain_j) * lags(keep_j));
}

/// What modes_about knows of its state.
class expansion {
public:
    expansion(const problem& at, std::span<const double> scores, const loop_batches& batches)
        : at_(at),
          scores_(scores),
          feedback_(at.parameters[at.index_of("feedback")]),
          decay_(at.parameters[at.index_of("decay")]),
          batches_(batches) {
        const auto n = static_cast<Eigen::Index>(scores.size());
        Eigen::VectorXd f(n);
        Eigen::MatrixXd fx(n, n);
        std::vector<double> fp(scores.size() * at.parameters.size());
        at.model->linear(scores, at.parameters, {f.data(), scores.size()},
                         {fx.data(), scores.size() * scores.size()}, fp);
        slopes_ = (fx + decay_ * Eigen::MatrixXd::Identity(n, n)) / feedback_;
        slopes_ = (0.5 * (slopes_ + slopes_.transpose())).eval();
    }

    [[nodiscard]] const Eigen::MatrixXd& slopes() const { return slopes_; }

    /// How fast a score returns to which its load answers with so steep a slope.
    [[nodiscard]] double rate(double slope) const { return decay_ - feedback_ * slope; }

    /// The covariance of a batch's loads.
    [[nodiscard]] Eigen::MatrixXd scatter() const {
        const auto n = static_cast<Eigen::Index>(scores_.size());
        const auto tokens = static_cast<double>(batches_.tokens);
        const double beta = at_.parameters[at_.index_of("beta")];
        if (batches_.alike) return slopes_ / (beta * static_cast<double>(batches_.top_k) * tokens);
        Eigen::VectorXd loads(n);
        at_.model->loads(scores_, at_.parameters, {loads.data(), scores_.size()});
        return (Eigen::MatrixXd(loads.asDiagonal()) - loads * loads.transpose()) / tokens;
    }

    /// The covariance of scores that return at rates i and j, of that of their loads in a batch.
    [[nodiscard]] double score_covariance(double v, double rate_i, double rate_j) const {
        const double moved = batches_.step * feedback_;
        return moved * moved * v /
               (1 - (1 - batches_.step * rate_i) * (1 - batches_.step * rate_j));
    }
    [[nodiscard]] bool attracts(double rate) const { return rate > 0 && batches_.step * rate < 2; }

    /// f''(v, v)/2
    [[nodiscard]] Eigen::VectorXd curvature(const Eigen::VectorXd& v) const {
        const auto n = scores_.size();
        const std::vector<double> still(at_.parameters.size(), 0.0);
        Eigen::MatrixXd taylor(v.size(), 4);
        at_.model->along(scores_, at_.parameters, {v.data(), n}, still, {taylor.data(), 4 * n});
        return taylor.col(2);
    }

    /// The shift of the mean score along a direction over its standard deviation.
    [[nodiscard]] double bend(const Eigen::VectorXd& v, const Eigen::MatrixXd& scatter) const {
        const double own = rate(v.dot(slopes_ * v));
        const double variance = score_covariance(std::max(0.0, v.dot(scatter * v)), own, own);
        return std::abs(v.dot(curvature(v))) * std::sqrt(variance) / own;
    }

    /// Mean loads follow mean scores: 0 = feedback <n> - decay <s> + bias.
    [[nodiscard]] double load_per_score() const { return decay_ / feedback_; }

private:
    const problem& at_;
    std::span<const double> scores_;
    double feedback_, decay_;
    loop_batches batches_;
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

/// Of the mean loads: the scores' covariance bends the flow, which then moves their mean.
std::vector<double> shift_of(const expansion& about, const loop_modes& known) {
    const Eigen::Index n = known.directions.rows();
    const auto rate = [&](Eigen::Index i) { return known.modes[static_cast<std::size_t>(i)].rate; };
    Eigen::MatrixXd scores = known.scatter;
    for (Eigen::Index i = 0; i + 1 < n; ++i)
        for (Eigen::Index j = 0; j + 1 < n; ++j)
            scores(i, j) = about.score_covariance(scores(i, j), rate(i), rate(j));
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> own(scores);
    Eigen::VectorXd pull = Eigen::VectorXd::Zero(n);
    for (Eigen::Index i = 0; i + 1 < n; ++i)
        if (own.eigenvalues()(i) > 0)
            pull += own.eigenvalues()(i) *
                    about.curvature(known.directions * own.eigenvectors().col(i));
    Eigen::VectorXd shift = Eigen::VectorXd::Zero(n);
    for (Eigen::Index i = 0; i + 1 < n; ++i)
        shift += known.directions.col(i) * (known.directions.col(i).dot(pull) / rate(i));
    shift *= about.load_per_score();
    return {shift.begin(), shift.end()};
}

}  // namespace

void check_mode_experts(std::size_t experts) {
    if (experts > most_mode_experts)
        throw invalid_argument(
            "validate", fmt::format("{} experts came", experts),
            fmt::format("the scatter of loads is known for up to {}", most_mode_experts));
}

double mean_variance(const loop_mode& mode, double decay, double step, std::size_t batches) {
    return mean_covariance(mode.variance, mode, mode, decay, step, batches);
}

Eigen::MatrixXd mean_covariance(const loop_modes& modes, double decay, double step,
                                std::size_t batches) {
    Eigen::MatrixXd result = modes.scatter;
    for (Eigen::Index i = 0; i < result.rows(); ++i)
        for (Eigen::Index j = 0; j < result.cols(); ++j)
            result(i, j) =
                mean_covariance(result(i, j), modes.modes[static_cast<std::size_t>(i)],
                                modes.modes[static_cast<std::size_t>(j)], decay, step, batches);
    return result;
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
    const Eigen::MatrixXd scatter = about.scatter();
    result.scatter = result.directions.transpose() * scatter * result.directions;
    for (Eigen::Index i = 0; i + 1 < n; ++i) {
        const loop_mode mode{std::max(0.0, result.scatter(i, i)), about.rate(own.eigenvalues()(i))};
        if (!about.attracts(mode.rate))
            throw invalid_argument("modes_about", "a state came that does not attract",
                                   "fluctuations are those about one that does");
        result.modes.push_back(mode);
    }
    result.shift = shift_of(about, result);
    auto ways = partings(sizes, n);
    for (auto& way : steps_between(sizes, n)) ways.push_back(std::move(way));
    for (Eigen::Index i = 0; sizes.empty() && i + 1 < n; ++i)
        ways.emplace_back(result.directions.col(i));
    for (const auto& way : ways) result.bend = std::max(result.bend, about.bend(way, scatter));
    return result;
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/view.hpp>
#include <moebius/solve/spectrum.hpp>
#include <moebius/train/model_measures.hpp>
#include <moebius/train/moe_network.hpp>
#include <numbers>

namespace moebius {
namespace {

constexpr double dead_share = 1e-3;
constexpr std::size_t most_at_once = 1 << 16;  // examples: their activations take memory, too

/// The logits and scores of the last layer.
struct seen_by_router {
    std::size_t experts;
    std::vector<double> logits, scores;
};

double router_entropy(const seen_by_router& seen, double beta) {
    if (seen.experts == 1) return 1;
    double sum = 0;
    const std::size_t rows = seen.logits.size() / seen.experts;
    const auto at = scale({seen.experts, seen.logits, seen.scores, {}}, beta);
    std::vector<double> p(seen.experts);
    for (std::size_t t = 0; t < rows; ++t) {
        const double* z = at.z.data() + t * seen.experts;
        const double top = *std::max_element(z, z + seen.experts);
        double total = 0;
        for (std::size_t e = 0; e < seen.experts; ++e) total += p[e] = std::exp(z[e] - top);
        for (const double share : p)
            if (share > 0) sum -= share / total * std::log(share / total);
    }
    return sum / (static_cast<double>(rows) * std::log(static_cast<double>(seen.experts)));
}

/// The margins between the two leading experts, sorted.
std::vector<double> margins(const seen_by_router& seen) {
    std::vector<double> result, row(seen.experts);
    for (std::size_t t = 0; t < seen.logits.size() / seen.experts; ++t) {
        for (std::size_t e = 0; e < seen.experts; ++e)
            row[e] = seen.logits[t * seen.experts + e] + seen.scores[e];
        std::nth_element(row.begin(), row.begin() + 1, row.end(), std::greater<>{});
        result.push_back(row[0] - row[1]);
    }
    std::sort(result.begin(), result.end());
    return result;
}

/// @param sorted  absolute margins; the kernel is folded at 0
double density_at_zero(const std::vector<double>& sorted) {
    const auto n = static_cast<double>(sorted.size());
    double mean = 0, square = 0;
    for (const double a : sorted) {
        mean += a / n;
        square += a * a / n;
    }
    const double deviation = std::sqrt(std::max(0.0, square - mean * mean));
    const double quartiles = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
    const double spread = std::min(deviation, quartiles / 1.34);
    const double width = 0.9 * (spread > 0 ? spread : deviation) * std::pow(n, -0.2);
    if (!(width > 0)) return sorted.front() > 0 ? 0 : std::numeric_limits<double>::infinity();
    double sum = 0;
    for (const double a : sorted) sum += std::exp(-0.5 * a * a / (width * width));
    return sum / (n * width * std::sqrt(2 * std::numbers::pi));
}

/// Whether the mean load is a step for each token: a hard router without noise.
bool is_hard(const network& model) {
    const auto* router = model.routing();
    return router != nullptr && router->top_1_noise() == noise_law::none;
}

double effective_feedback(const training_run& run, std::uint64_t step, const seen_by_router& seen,
                          double margin_density) {
    const double gain = feedback_at(run, step) / run.rule.decay;
    if (seen.experts == 1) return 0;
    if (is_hard(*run.model)) return seen.experts == 2 ? 2 * gain * margin_density : not_a_number;
    try {
        const auto loads = run.model->routing()->mean_load(seen.logits, seen.experts);
        if (loads == nullptr || loads->groups().size() != seen.experts) return not_a_number;
        return gain * largest_slope(*loads, seen.scores, run.rule.beta);
    } catch (const invalid_argument&) {  // logits that are not finite
        return not_a_number;
    }
}

/// Adds the means of some examples, which are that share of all.
void add_part(const network_pass& pass, double share, model_measures& to) {
    to.loss += share * pass.loss;
    to.accuracy += share * pass.right;
    to.loads.resize(pass.loads.size());
    for (std::size_t i = 0; i < pass.loads.size(); ++i) to.loads[i] += share * pass.loads[i];
}

}  // namespace

double largest_slope(const load_response& loads, std::span<const double> scores, double beta) {
    const auto n = static_cast<Eigen::Index>(scores.size());
    std::vector<double> p(scores.size()), by_score(scores.size() * scores.size()),
        by_beta(scores.size());
    loads.slopes(scores, beta, p, view(by_score), by_beta);
    const Eigen::Map<const Eigen::MatrixXd> slopes(by_score.data(), n, n);
    const Eigen::MatrixXd centred = Eigen::MatrixXd::Identity(n, n) -
                                    Eigen::MatrixXd::Constant(n, n, 1.0 / static_cast<double>(n));
    return eigenvalues(centred * slopes * centred).front().real();
}

chosen_rows take_rows(const labelled_data& data, std::span<const std::uint32_t> rows) {
    if (rows.empty()) throw invalid_argument("take_rows", "no rows came", "one is needed");
    chosen_rows taken;
    taken.inputs.reserve(rows.size() * data.width);
    taken.labels.reserve(rows.size());
    for (const auto row : rows) {
        if (row >= data.rows())
            throw invalid_argument("take_rows", "a row is out of range", "it must be in the data");
        const auto x = data.row(row);
        taken.inputs.insert(taken.inputs.end(), x.begin(), x.end());
        taken.labels.push_back(data.labels[row]);
    }
    return taken;
}

model_measures measure_model(const training_run& run, const training_state& state,
                             const labelled_data& data, std::span<const std::uint32_t> rows) {
    const std::size_t experts = run.model->experts();
    model_measures result;
    seen_by_router seen{
        experts,
        {},
        {state.scores.end() - static_cast<std::ptrdiff_t>(experts), state.scores.end()}};
    for (std::size_t first = 0; first < rows.size() || first == 0; first += most_at_once) {
        const auto part = rows.subspan(first, std::min(most_at_once, rows.size() - first));
        const auto taken = take_rows(data, part);
        add_part(run.model->infer(state.parameters, state.scores, taken.batch()),
                 static_cast<double>(part.size()) / static_cast<double>(rows.size()), result);
        const auto logits = run.model->logits(state.parameters, state.scores, taken.inputs);
        seen.logits.insert(seen.logits.end(), logits.begin(), logits.end());
    }
    result.balance = measure_load(std::span(result.loads).last(experts), dead_share);
    if (seen.logits.empty() || run.model->routing() == nullptr) {
        result.router_entropy = result.margin_density = result.effective_feedback = not_a_number;
        return result;
    }
    result.router_entropy = router_entropy(seen, run.rule.beta);
    result.margin_density = experts == 1 ? not_a_number : density_at_zero(margins(seen));
    result.effective_feedback = effective_feedback(run, state.step, seen, result.margin_density);
    return result;
}

}  // namespace moebius

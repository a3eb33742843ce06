// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/lane_sums.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/logs/load_state.hpp>
#include <moebius/router/load_metrics.hpp>
#include <numeric>

namespace moebius {
namespace {

constexpr state_measure measures[] = {
    {"max_over_mean", "max/mean",
     "largest load / mean load of the layer's experts, each load the mean over the window's steps, "
     "so that this is not the mean of each step's; balanced is 1",
     &layer_state::max_over_mean},
    {"min_over_mean", "min/mean", "smallest load / mean load, of the same loads",
     &layer_state::min_over_mean},
    {"max_violation", "MaxVio", "(largest load - mean load) / mean load, of the same loads",
     &layer_state::max_violation},
    {"variation", "CV", "standard deviation over experts (over N) / mean load, of the same loads",
     &layer_state::variation},
    {"effective", "exp(H)/N",
     "exp(H) / number of experts, H the entropy of the shares of the same loads: 1 even, 1/N all "
     "on one expert",
     &layer_state::effective},
    {"dead", "dead", "experts without a single choice in the window", &layer_state::dead},
    {"bias_offset", "offset",
     "mean of the last scores or biases over experts, which routing cancels",
     &layer_state::bias_offset, true},
    {"bias_spread", "spread", "largest - smallest of the last scores or biases",
     &layer_state::bias_spread, true},
    {"bias_drift", "drift/step",
     "change of a centred bias a step over the window, of the fastest expert",
     &layer_state::bias_drift, true},
    {"bias_chatter", "chatter",
     "root mean square change of centred biases a step, their drift removed",
     &layer_state::bias_chatter, true},
    {"bias_step", "bf16 step",
     "spacing of bfloat16 at the largest bias: what it would be rounded to",
     &layer_state::bias_step, true},
};

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// For sums in vectors.
Eigen::Map<const Eigen::ArrayXd> numbers(std::span<const double> of) {
    return {of.data(), static_cast<Eigen::Index>(of.size())};
}

}  // namespace

std::span<const state_measure> state_measures() { return measures; }

load_state::load_state(std::size_t window, std::size_t layers) : window_(window), layers_(layers) {
    if (window == 0)
        throw invalid_argument("load_state", "window is 0", "it must be a step or more");
}

void load_state::take(const load_record& record) {
    if (record.layer >= layers_.size()) layers_.resize(record.layer + 1);
    auto& to = layers_[record.layer];
    if (to.experts != record.loads.size()) {  // of a log that is followed
        to.experts = record.loads.size();
        to.loads.clear();
        to.scores.clear();
        to.changes.clear();
        constexpr std::size_t most_reserved = 1 << 20;
        if (window_ <= most_reserved / std::max<std::size_t>(to.experts, 1))
            to.loads.reserve(window_ * to.experts);
        to.rows = to.at = 0;
    }
    if (to.steps++ == 0) to.first_step = record.step;
    to.last_step = record.step;
    take_scores(record, to);
    if (to.rows < window_) {
        to.loads.insert(to.loads.end(), record.loads.begin(), record.loads.end());
        ++to.rows;
        return;
    }
    std::copy(record.loads.begin(), record.loads.end(),
              to.loads.begin() + static_cast<std::ptrdiff_t>(to.at * to.experts));
    to.at = (to.at + 1) % window_;
}

void load_state::take_scores(const load_record& record, layer_window& to) const {
    if (record.scores.empty()) return;
    const std::size_t n = to.experts, rows = to.scores.size() / n;
    double change = 0;
    if (rows > 0) {
        const std::size_t last = (to.at + rows - 1) % rows;  // `at` is 0 before the window is full
        const auto before = std::span<const double>(to.scores).subspan(last * n, n);
        const double shift = mean_of(record.scores) - mean_of(before);
        change = (numbers(record.scores) - numbers(before) - shift).square().sum();
    }
    if (to.rows < window_) {
        to.scores.insert(to.scores.end(), record.scores.begin(), record.scores.end());
        to.changes.push_back(change);
    } else if (to.loads.size() == to.scores.size()) {
        std::copy(record.scores.begin(), record.scores.end(),
                  to.scores.begin() + static_cast<std::ptrdiff_t>(to.at * n));
        to.changes[to.at] = change;
    }
}

layer_state load_state::state_of(const layer_window& layer) const {
    layer_state out;
    out.steps = layer.steps;
    out.first_step = layer.first_step;
    out.last_step = layer.last_step;
    if (layer.steps == 0) return out;
    const std::size_t n = layer.experts;
    std::vector<double> sum(n, 0);
    for (std::size_t i = 0; i < layer.loads.size(); i += n)
        add_to(sum, std::span(layer.loads).subspan(i, n));
    const double mean = mean_of(sum);
    if (mean > 0) {
        const auto count = static_cast<double>(n);
        const auto metrics = measure_load(sum);
        out.max_over_mean = metrics.largest * count;
        out.max_violation = out.max_over_mean - 1;
        out.min_over_mean = *std::min_element(sum.begin(), sum.end()) / mean;
        out.variation = metrics.variation;
        out.effective = std::pow(count, metrics.entropy - 1);  // its entropy is H / log N
        out.dead = static_cast<double>(metrics.dead);
    }
    const auto is_zero = [](double score) { return score == 0; };  // where there are none
    if (layer.scores.size() == layer.loads.size() &&
        !std::all_of(layer.scores.begin(), layer.scores.end(), is_zero))
        add_bias(layer, out);
    return out;
}

void load_state::add_bias(const layer_window& layer, layer_state& to) const {
    const std::size_t n = layer.experts, rows = layer.scores.size() / n;
    const auto row = [&](std::size_t i) {
        return std::span(layer.scores).subspan((layer.at + i) % rows * n, n);
    };
    const auto last = row(rows - 1);
    const auto [least, most] = std::minmax_element(last.begin(), last.end());
    to.bias_offset = mean_of(last);
    to.bias_spread = *most - *least;
    const double largest = std::max(std::abs(*least), std::abs(*most));
    to.bias_step = largest == 0 ? 0 : bfloat16_spacing(largest);
    if (rows < 3) return;
    const auto steps = static_cast<double>(rows - 1);
    const auto first = row(0);
    const double moved = to.bias_offset - mean_of(first);
    std::vector<double> drift(n);
    to.bias_drift = 0;
    for (std::size_t e = 0; e < n; ++e) {
        drift[e] = (last[e] - first[e] - moved) / steps;
        to.bias_drift = std::max(to.bias_drift, std::abs(drift[e]));
    }
    // sum of (change - drift)^2, as drift is the mean change; that into the oldest row is left out
    const double squares =
        std::accumulate(layer.changes.begin(), layer.changes.end(), -layer.changes[layer.at]) -
        steps * numbers(drift).square().sum();
    to.bias_chatter = std::sqrt(std::max(squares, 0.0) / (steps * static_cast<double>(n)));
}

std::vector<layer_state> load_state::layers() const {
    std::vector<layer_state> out;
    for (const auto& layer : layers_) out.push_back(state_of(layer));
    return out;
}

table percentiles_of(std::span<const layer_state> layers) {
    table out;
    row_writer rows(out);
    for (const double percent : {0, 50, 75, 90, 95, 100}) {
        rows.next();
        rows.put("percentile", percent);
        for (const auto& measure : measures) {
            std::vector<double> values;
            for (const auto& one : layers)
                if (!std::isnan(one.*measure.value)) values.push_back(one.*measure.value);
            std::sort(values.begin(), values.end());
            double value = layer_state::none;
            if (!values.empty()) {
                const double place = percent / 100 * static_cast<double>(values.size() - 1);
                const auto below = static_cast<std::size_t>(place);
                const auto above = std::min(below + 1, values.size() - 1);
                value = values[below] +
                        (place - static_cast<double>(below)) * (values[above] - values[below]);
            }
            rows.put(std::string(measure.name), value);
        }
    }
    return out;
}

}  // namespace moebius

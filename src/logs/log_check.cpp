// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <limits>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/lane_sums.hpp>
#include <moebius/base/text.hpp>
#include <moebius/logs/log_check.hpp>
#include <moebius/logs/token_noise.hpp>
#include <numeric>

namespace moebius {
namespace {

/// Running totals may start anew this seldom, and once more.
constexpr std::size_t records_a_reset = 20;

bool is_constant(std::span<const double> values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    constexpr double rounding = 1e-6;  // of float32
    return *most - *least <= rounding * std::max(std::abs(*least), std::abs(*most));
}

constexpr std::string_view constant_balance =
    "a balance loss that never changes has no gradient (pad-to-capacity, a counter that stays 1, "
    "router logits that are off)";
constexpr std::string_view constant_loss =
    "a loss that never changes is of a run that does not learn, or is not updated in the log";

/// By its name.
bool is_balance_loss(std::string_view name) {
    std::string small(name);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view parts[] = {"aux", "balanc", "lbl", "lb_", "lb-"};
    return std::any_of(std::begin(parts), std::end(parts), [&](std::string_view part) {
        return small.find(part) != std::string::npos;
    });
}

}  // namespace

log_check::log_check(const log_head& head) : head_(head), layers_(head.layers.size()) {}

void log_check::look_at(std::span<const double> of, const lane_total& all, layer_facts& layer) {
    const auto size = static_cast<Eigen::Index>(of.size());
    const Eigen::Map<const Eigen::ArrayXd> loads(of.data(), size);
    const auto [sum, most] = all;
    const bool first = layer.records == 0;
    if (first) layer.sum = sum;
    layer.unloaded = sum > 0 ? 0 : layer.unloaded + 1;
    layer.least_sum = first ? sum : std::min(layer.least_sum, sum);
    layer.most_sum = first ? sum : std::max(layer.most_sum, sum);
    if (most > layer.largest) {
        layer.largest = most;
        layer.clipped = 0;
    }
    if (most == layer.largest) {
        const auto tops = (loads == most).count();
        const bool all_there = static_cast<double>(tops) * most == sum;  // collapsed, not clipped
        if (tops > 1 && !all_there) ++layer.clipped;
    }
    layer.sums.resize(of.size());
    layer.squares.resize(of.size());
    add_scaled(of, sum > 0 ? 1 / sum : 0, layer.sums, layer.squares);
    layer.uneven = layer.uneven || most != loads.minCoeff();
    if (layer.changes && layer.moves_freely) return;  // nobody asks for the last loads any more
    if (layer.last.size() == of.size()) {
        const Eigen::Map<Eigen::ArrayXd> last(layer.last.data(), size);
        layer.changes = layer.changes || (loads != last).any();
        layer.falls += (loads < last).any() ? 1U : 0U;
        layer.moves_freely = layer.falls > 1 + layer.records / records_a_reset;
    }
    layer.last.assign(of.begin(), of.end());
}

void log_check::take(const load_record& record, const lane_total& all) {
    if (record.layer >= layers_.size()) layers_.resize(record.layer + 1);
    auto& layer = layers_[record.layer];
    if (layer.records == 0) {
        layer.first_step = record.step;
    } else {
        const auto gap = record.step - layer.last_step;
        layer.least_gap = layer.records == 1 ? gap : std::min(layer.least_gap, gap);
        layer.most_gap = std::max(layer.most_gap, gap);
        if (gap > 1 && layer.gaps++ == 0) {
            layer.first_gap = layer.last_step;
            layer.behind_gap = record.step;
        }
    }
    layer.last_step = record.step;
    if (layer.records * layers_.size() < 4096 || layer.records % 64 == 0) {  // a part tells
        layer.whole = layer.whole && are_counts(record.loads);
        layer.rounding.take(record.loads);
    }
    layer.still.take(record.loads, all, record.step);
    if (!layer.fine_scores)
        layer.fine_scores = !std::all_of(record.scores.begin(), record.scores.end(), is_bfloat16);
    look_at(record.loads, all, layer);
    ++layer.records;
}

bool log_check::all_whole() const {
    return std::all_of(layers_.begin(), layers_.end(), [](auto& layer) { return layer.whole; });
}

void log_check::say_steps(std::vector<std::string>& to) const {
    const auto& first =
        *std::max_element(layers_.begin(), layers_.end(),
                          [](const auto& a, const auto& b) { return a.records < b.records; });
    if (first.records <= 1) {
        to.emplace_back(
            "snapshot: a snapshot has no dynamics: how far from collapse it is cannot be "
            "told, and a skew in one domain's text is no collapse (5 to 8 times the mean "
            "is usual): a mix of domains is to be compared");
        return;
    }
    say_missing(first.records, to);
    constexpr std::size_t few = 20;  // of as many records one
    if (first.most_gap <= 1) return;
    if (first.least_gap == first.most_gap)
        to.push_back(
            fmt::format("sampled: one step in {} is logged: rates are a row of the log, "
                        "not a step of the run",
                        first.most_gap));
    else if (first.least_gap == 1 && few * first.gaps <= std::max(first.records, few))
        to.push_back(fmt::format(
            "gaps: {}steps {} and {} no step is read: those between were not logged, or left out",
            first.gaps == 1 ? std::string("between ")
                            : fmt::format("in {} places, the first between ", first.gaps),
            first.first_gap, first.behind_gap));
    else
        to.push_back(
            fmt::format("sampled: from {} to {} steps lie between rows, as in W&B's exports, "
                        "which are samples: the whole history is in its Parquet artifact "
                        "<run>-history",
                        first.least_gap, first.most_gap));
}

/// @param most  steps that a layer has
void log_check::say_missing(std::size_t most, std::vector<std::string>& to) const {
    std::vector<std::size_t> lacking;
    std::size_t least = most;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        if (layers_[l].records == most) continue;
        lacking.push_back(l);
        least = std::min(least, layers_[l].records);
    }
    if (!lacking.empty())
        to.push_back(
            fmt::format("missing: {}: of {} steps that another layer has they have as few "
                        "as {}: what is said of a step is of a row there",
                        layers_text(head_, lacking), most, least));
}

/// Whether it is steps or layers whose loads have other sums.
void log_check::say_sums(std::vector<std::string>& to) const {
    constexpr double rounding = 0.5;
    double least = std::numeric_limits<double>::infinity(), most = -least, widest = rounding;
    std::vector<std::size_t> in_steps;  // the first is that of the widest range
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const auto& one = layers_[l];
        if (one.records == 0) continue;
        least = std::min(least, one.least_sum);
        most = std::max(most, one.most_sum);
        const double range = one.most_sum - one.least_sum;
        if (range > rounding) in_steps.push_back(l);
        if (range > widest) std::swap(in_steps.front(), in_steps.back());
        widest = std::max(widest, range);
    }
    if (!all_whole() || most - least <= rounding) return;
    if (in_steps.empty()) {
        to.push_back(
            fmt::format("sums: the loads of one layer sum to {:g} and those of another to {:g}: "
                        "layers count other tokens, or drop or pad them, or rows are missing",
                        least, most));
        return;
    }
    const auto& of = layers_[in_steps.front()];
    const auto name = in_steps.size() == layers_.size()
                          ? std::string("a layer")
                          : layers_text(head_, std::span(in_steps).first(1));
    to.push_back(
        fmt::format("sums: the loads of {} sum to {:g} in one step and to {:g} in another: tokens "
                    "are dropped or padded, batches differ, or rows are missing",
                    name, of.least_sum, of.most_sum));
}

void log_check::say_rounded(std::vector<std::string>& to) const {
    rounded_loads all;
    for (const auto& layer : layers_) all += layer.rounding;
    if (all.rounded() && all_whole())
        to.push_back(
            fmt::format("rounded: all {} loads from 512 on are multiples of 4 and more, as "
                        "bfloat16 rounds them: an update by the sign of load - mean may go "
                        "the wrong way",
                        all.above_512()));
}

/// F(1) and the means of loads that scatter as those of tokens sent at random.
void log_check::say_random(std::span<const std::size_t> answering,
                           std::vector<std::string>& to) const {
    constexpr std::size_t enough = 200;
    std::vector<std::size_t> random;
    const bool whole = all_whole();
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        if (std::find(answering.begin(), answering.end(), l) != answering.end()) continue;
        const auto& one = layers_[l];
        const auto n = static_cast<double>(one.sums.size()), m = static_cast<double>(one.records);
        const double k = told_rule(head_).top_k;
        if (one.records < enough || !whole || k >= n || n < 2 || one.sum <= 0) continue;
        const double level = token_noise(1 / n, k, one.sum / k) / n;
        double within = 0, between = 0;
        for (std::size_t e = 0; e < one.sums.size(); ++e) {
            const double mean = one.sums[e] / m;
            within += one.squares[e] / m - mean * mean;
            between += (mean - 1 / n) * (mean - 1 / n);
        }
        const double f = within / (n * level);
        const double means = between * m / ((n - 1) * level) * (1 - 1 / n);
        const double width = 5 * std::sqrt(2 / (n - 1));  // five standard deviations of chi-square
        if (std::abs(f - 1) < 5 * std::sqrt(2 / (m * (n - 1))) + 0.02 && means < 1 + width)
            random.push_back(l);
    }
    if (!random.empty())
        to.push_back(
            fmt::format("random: {}: loads scatter around equal means as those of tokens "
                        "sent at random (F(1) = 1): a gate without gradient looks like that, "
                        "and one under noise that covers it",
                        layers_text(head_, random)));
}

void log_check::say_biases(std::span<const layer_state> states,
                           std::vector<std::string>& to) const {
    std::vector<std::size_t> wide, coarse;
    for (std::size_t l = 0; l < std::min(states.size(), layers_.size()); ++l) {
        const auto& one = states[l];
        if (std::isnan(one.bias_spread)) continue;
        if (head_.gate == "sigmoid" && one.bias_spread > 1) wide.push_back(l);
        const bool vanishes =
            head_.bias_rate && *head_.bias_rate > 0 && one.bias_step > 2 * *head_.bias_rate;
        if (one.bias_spread > 0 && (one.bias_step > one.bias_spread / 8 || vanishes))
            coarse.push_back(l);
    }
    if (!wide.empty())
        to.push_back(
            fmt::format("bias: {}: the biases spread by more than 1, the range of sigmoid "
                        "scores: they choose, and the gate does not",
                        layers_text(head_, wide)));
    if (!coarse.empty())
        to.push_back(fmt::format(
            "bias: {}: at their offset bfloat16 rounds biases to {:g}, which is "
            "much of their spread ({:g}) or more than two updates: keep them in "
            "float32, and centred{}",
            layers_text(head_, coarse), states[coarse.front()].bias_step,
            states[coarse.front()].bias_spread,
            layers_[coarse.front()].fine_scores ? "; here they are finer than bfloat16 has them"
                                                : ""));
}

std::vector<std::string> log_check::findings(std::span<const named_series> series,
                                             std::span<const layer_state> states,
                                             std::span<const std::size_t> answering) const {
    std::vector<std::string> out;
    if (std::all_of(layers_.begin(), layers_.end(), [](auto& one) { return one.records == 0; }))
        return out;
    say_steps(out);
    say_sums(out);
    say_rounded(out);
    say_layers(out);
    say_still(out);
    say_held(out);
    say_random(answering, out);
    say_biases(states, out);
    for (const auto& one : series)
        if (one.values.size() >= enough_records && is_constant(one.values))
            out.push_back(fmt::format(
                "constant: '{}' is {:g} in all {} rows: {}", excerpt(one.name), one.values.front(),
                one.values.size(), is_balance_loss(one.name) ? constant_balance : constant_loss));
    return out;
}

}  // namespace moebius

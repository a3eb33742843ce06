// SPDX-License-Identifier: MIT
#include "choices_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <moebius/base/bfloat16.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/text.hpp>
#include <numeric>
#include <utility>

#include "load_table.hpp"
#include "log_builder.hpp"
#include "moment_check.hpp"
#include "told_tokens.hpp"

namespace moebius {
namespace {

double sum_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

void set(std::optional<double>& to, const std::optional<double>& given) {
    if (given) to = given;
}

constexpr std::string_view settings = "settings of the log";

/// Choices that no run can have are refused, whoever says them: loads could not be read.
void check_choices(const log_head& head, const log_options& options, const std::string& file) {
    const auto check = [&](std::string_view name, std::optional<double> value, bool given,
                           bool fits, const std::string& rule) {
        if (!value || fits) return;
        if (given) throw invalid_argument(settings, fmt::format("{} is {}", name, *value), rule);
        throw io_error(file, fmt::format("it says that {} is {}, but {}", name, *value, rule));
    };
    const double k = told_rule(head).top_k, experts = static_cast<double>(head.experts);
    check("top_k", head.top_k, options.top_k.has_value(),
          k >= 1 && k <= experts && k == std::floor(k),
          k > experts ? fmt::format("a token chooses {} experts at most", head.experts)
                      : "it must be a whole number from 1");
    const double tokens = head.tokens.value_or(1);  // of unlike steps the mean
    check("tokens", head.tokens, options.tokens.has_value(),
          tokens >= 1 && tokens <= largest_number, "it must be 1 to 2^53");
    if (head.said_experts && !whole_experts(head.said_experts))
        throw io_error(file,
                       fmt::format("it says that experts is {}, but a whole number from 1 to {} "
                                   "is needed",
                                   *head.said_experts, load_table::most_experts));
}

/// A rule that no run can have is refused where options are a part of it. A log that says so has
/// loads all the same.
void check_rule(const log_head& head, const log_options& options) {
    const bool given = options.rate || options.feedback || options.decay || options.beta ||
                       options.bias_rate || options.bias_leak;
    if (!given) return;
    if (const auto why = unfit_rule(head)) throw invalid_argument(settings, *why);
}

/// What the options say otherwise than the log does, a sentence in all; empty if nothing.
std::string overruled(const log_head& says, const log_options& options) {
    std::string out;
    const auto add = [&](std::string_view name, const auto& given, const auto& said) {
        out += fmt::format("{}{} is told as {}, and the log says {}", out.empty() ? "" : "; ", name,
                           given, said);
    };
    const auto number = [&](std::string_view name, std::optional<double> given,
                            std::optional<double> said) {
        if (given && said && *given != *said) add(name, *given, *said);
    };
    const auto word = [&](std::string_view name, const std::string& given,
                          const std::string& said) {
        if (!given.empty() && !said.empty() && given != said) add(name, given, excerpt(said));
    };
    number("top_k", options.top_k, says.top_k);
    number("tokens", options.tokens, says.tokens);
    number("rate", options.rate, says.rate);
    number("feedback", options.feedback, says.feedback);
    number("decay", options.decay, says.decay);
    number("beta", options.beta, says.beta);
    number("bias_rate", options.bias_rate, says.bias_rate);
    if (says.bias_leak != 0) number("bias_leak", options.bias_leak, says.bias_leak);
    word("gate", options.gate, says.gate);
    word("balancer", options.balancer, says.balancer);
    return out.empty() ? out : out + ": what is told counts";
}

/// A balancer that is not known may move scores in any way: K of a rule without it is none of the
/// run. What is said of that; empty where it is known.
std::string leave_out_unknown_rule(log_head& head) {
    const bool known =
        std::find(std::begin(balancers), std::end(balancers), head.balancer) != std::end(balancers);
    if (known || head.balancer.empty()) return {};
    auto said = fmt::format(
        "it says that the balancer is '{}', which is none of those that are known ({}): how scores "
        "move is not taken from it; --balancer would tell",
        excerpt(head.balancer), fmt::join(balancers, ", "));
    head.balancer.clear();
    head.rate.reset();
    head.feedback.reset();
    head.bias_rate.reset();
    return said;
}

}  // namespace

void overrule(log_head& head, const log_options& options, const std::string& file) {
    set(head.top_k, options.top_k);
    set(head.tokens, options.tokens);
    set(head.rate, options.rate);
    set(head.feedback, options.feedback);
    set(head.decay, options.decay);
    set(head.beta, options.beta);
    set(head.bias_rate, options.bias_rate);
    head.bias_leak = options.bias_leak.value_or(head.bias_leak);
    if (!options.gate.empty()) head.gate = options.gate;
    if (!options.balancer.empty()) head.balancer = options.balancer;
    check_choices(head, options, file);
    check_rule(head, options);
}

std::size_t given_experts(const log_options& options) {
    if (!options.experts) return 0;
    if (const auto given = whole_experts(options.experts)) return *given;
    throw invalid_argument(
        "open_logs", fmt::format("experts is {}", *options.experts),
        fmt::format("it must be a whole number from 1 to {}", load_table::most_experts));
}

void require_experts(const std::string& file, std::size_t has, const log_options& options) {
    const std::size_t given = given_experts(options);
    if (given == 0 || given == has) return;
    throw invalid_argument(file, fmt::format("experts is {}, and it has loads of {}", given, has),
                           given < has
                               ? fmt::format("it must be {} or more", has)
                               : fmt::format("it must be {}: an array has all experts", has));
}

choices_log::choices_log(std::string file, std::unique_ptr<log_source> from,
                         const log_options& options, std::vector<std::string>& notes)
    : file_(std::move(file)), from_(std::move(from)), options_(options), head_(from_->head()) {
    look_ahead();
    settle_experts(options, notes);
    if (options.balancer.empty())
        if (auto said = leave_out_unknown_rule(head_); !said.empty())
            notes.push_back(std::move(said));
    if (auto said = overruled(head_, options); !said.empty()) notes.push_back(std::move(said));
    overrule(head_, options, file_);
    find_factor(notes);
}

/// Where the options or the log say another number of experts than there are loads: those behind
/// them are padding if they have no load in what is seen; else the loads are right.
void choices_log::settle_experts(const log_options& options, std::vector<std::string>& notes) {
    const std::size_t given = given_experts(options), has = head_.experts;
    const auto said = given > 0 ? given : whole_experts(head_.said_experts).value_or(has);
    if (given > 0) head_.said_experts.reset();
    if (said == has) return;
    const bool is_padded = std::all_of(ahead_.begin(), ahead_.end(), [&](const auto& one) {
        return expert_padding::is_behind(said, one.record().loads);
    });
    if (said < has && is_padded && common_sum() > 0) {
        padding_.emplace(said);
        head_.experts = said;
        notes.push_back(
            fmt::format("experts is {}, and its loads are of {}, of which the last {} have "
                        "none: they were taken for padding and left out",
                        said, has, has - said));
        return;
    }
    require_experts(file_, has, options);
    notes.push_back(fmt::format(
        "it says that experts is {}, and its loads are of {}, which were taken: {}", said, has,
        said > has ? "where these are the experts of one rank, the files of all are needed"
                   : "where these are copies of experts, a map of them is needed"));
}

void choices_log::look_ahead() {
    constexpr std::size_t most_records = 256, most_numbers = 1 << 20;
    std::size_t numbers = 0;
    for (load_record one;
         ahead_.size() < most_records && numbers < most_numbers && from_->next(one);) {
        numbers += one.loads.size() + one.moments.size();
        ahead_.emplace_back(one);
    }
}

/// The median of the records' sums.
double choices_log::common_sum() const {
    std::vector<double> sums;
    for (const auto& one : ahead_)
        if (const double sum = sum_of(one.record().loads); sum > 0) sums.push_back(sum);
    if (sums.empty()) return 0;
    const auto middle = sums.begin() + static_cast<std::ptrdiff_t>(sums.size() / 2);
    std::nth_element(sums.begin(), middle, sums.end());
    return *middle;
}

void choices_log::find_factor(std::vector<std::string>& notes) {
    const double sum = common_sum();
    if (sum == 0) return;
    const bool whole = std::all_of(ahead_.begin(), ahead_.end(), [](const kept_record& one) {
        return are_counts(one.record().loads);
    });
    factor_ = whole ? factor_of_counts(sum, notes) : factor_of_shares(sum, notes);
    halves_even_counts_ = whole && !head_.tokens && factor_ != 1;
    if (!head_.tokens && head_.top_k && whole) head_.tokens = factor_ * sum / *head_.top_k;
}

/// Why all counts are even. Rounding to bfloat16 makes those from 256 on even, padding all of them
/// multiples of 4 or more; of doubled ones each second is twice an odd number.
choices_log::evenness choices_log::why_even() const {
    constexpr std::size_t enough = 40;                                  // odds of 1 to 2^40
    std::size_t small = 0, small_odd = 0, all = 0, odd = 0, large = 0;  // odd: twice that
    bool is_rounded = true;
    for (const auto& one : ahead_)
        for (const double load : one.record().loads) {
            if (std::fmod(load, 2) != 0) return evenness::none;
            if (load == 0) continue;
            const std::size_t twice_odd = std::fmod(load, 4) != 0 ? 1 : 0;
            ++all;
            odd += twice_odd;
            small += load < 256 ? 1 : 0;
            small_odd += load < 256 ? twice_odd : 0;
            large += load >= 512 ? 1 : 0;
            is_rounded = is_rounded && is_bfloat16(load);
        }
    const std::size_t telling = is_rounded ? small : all, of_odd = is_rounded ? small_odd : odd;
    if (telling >= enough && 8 * of_odd > telling) return evenness::doubled;
    return all >= enough && 8 * odd > all && large < enough ? evenness::unknown : evenness::none;
}

/// Counts of which nothing says how many there should be.
double choices_log::factor_of_even_counts(std::vector<std::string>& notes) const {
    const auto why = why_even();
    if (why == evenness::unknown)
        notes.emplace_back(
            "all counts are even, as recomputation makes them, which counts twice, and bfloat16 "
            "those from 256 on: they were taken as they are, and --tokens says what they count");
    if (why != evenness::doubled) return 1;
    notes.emplace_back(
        "all counts are even, as of recomputation, which counts twice: they were halved");
    return 0.5;
}

/// Whole numbers that are twice as many, or a part.
double choices_log::factor_of_counts(double sum, std::vector<std::string>& notes) {
    if (!head_.tokens) return factor_of_even_counts(notes);
    const counts_of_tokens counts(ahead_, *head_.tokens);
    if (!head_.top_k)
        if (auto guessed = counts.top_k_of(head_.experts)) {
            head_.top_k = guessed->top_k;
            notes.push_back(std::move(guessed->note));
            return guessed->factor;
        }
    const double expected = *head_.tokens * told_rule(head_).top_k, ratio = sum / expected;
    if (are_near(ratio, 1)) return 1;
    const auto said =
        fmt::format("the counts of a step sum to {:g}, and tokens x top-k are {:g}", sum, expected);
    if (are_near(ratio, 2) && !counts.has_odd()) {
        notes.push_back(said + ": doubled under recomputation, they were halved");
        return 0.5;
    }
    notes.push_back(said + ": " + why_other_sum(ratio, head_.top_k, counts.has_odd()));
    return 1;
}

/// Shares, percent, and loads over their mean, by what they sum to.
double choices_log::factor_of_shares(double sum, std::vector<std::string>& notes) const {
    const auto experts = static_cast<double>(head_.experts);
    std::string what = fmt::format("numbers that sum to {:g}", sum);
    if (are_near(sum, 1))
        what = "shares (they sum to 1)";
    else if (are_near(sum, 100))
        what = "percent (they sum to 100)";
    else if (are_near(sum, experts))
        what = "loads over their mean (they sum to the number of experts: balanced is 1)";
    else if (head_.top_k && are_near(sum, *head_.top_k))
        what = "shares of tokens (they sum to top-k: balanced is top-k / N)";
    if (head_.tokens) {
        notes.push_back(
            fmt::format("the loads are {}: they were taken times tokens x top-k", what));
        return *head_.tokens * told_rule(head_).top_k / sum;
    }
    notes.push_back(
        fmt::format("the loads are {}, not counts: how much of their scatter is chance "
                    "depends on --tokens and --top-k, which are not known",
                    what));
    return 1;
}

std::string choices_log::place_of(const load_record& record) const {
    return fmt::format("{}, step {}, layer {}", file_, record.step,
                       excerpt(head_.layers[record.layer]));
}

void choices_log::check_even(const load_record& record) const {
    for (const double load : record.loads)
        if (std::fmod(load, 2) != 0)
            throw io_error(
                place_of(record),
                fmt::format("a load is {:g}, but all counts before are even, as of recomputation, "
                            "which counts twice: --tokens says what they count, or the parts are "
                            "to be read by themselves",
                            load));
}

bool choices_log::next(load_record& record) {
    if (started_ && !ahead_.empty()) ahead_.pop_front();
    started_ = true;
    if (!ahead_.empty())
        record = ahead_.front().record();
    else if (!from_->next(record))
        return false;
    had_.take(record);
    if (padding_) padding_->take_off(record, [&] { return place_of(record); });
    if (record.moments.size() == head_.experts * head_.experts)
        if (const auto why = no_moments(record.moments, head_.experts); !why.empty())
            throw io_error(place_of(record), why);
    if (factor_ == 1) return true;
    if (halves_even_counts_) check_even(record);
    scaled_.assign(record.loads.begin(), record.loads.end());
    for (double& load : scaled_) load *= factor_;
    record.loads = scaled_;
    return true;
}

std::vector<std::string> choices_log::notes_at_end() const {
    auto out = from_->notes_at_end();
    if (auto idle = note_of_idle(options_, head_, had_); !idle.empty())
        out.push_back(std::move(idle));
    return out;
}

}  // namespace moebius

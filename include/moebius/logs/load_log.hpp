// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/base/error.hpp>
#include <moebius/base/lane_sums.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// No number of a log is larger: from 2^53 on doubles tell whole numbers apart no longer.
inline constexpr double largest_number = 9007199254740992;

/// What a load log says of the run behind it. What is not said is empty, and not guessed but for
/// the top-k of counts whose tokens are told, which a note says.
struct log_head {
    std::vector<std::string> layers;  ///< their names, in the order of the file
    std::size_t experts = 0;          ///< of every layer
    bool has_steps = true;            ///< whether steps have numbers; else they are counted from 0
    std::optional<double> said_experts;  ///< by its config, which its loads may contradict
    std::optional<double> top_k;         ///< choices of a token
    std::optional<double> tokens;        ///< of a step, over all ranks
    std::optional<double> rate;          ///< eta of `s += eta (feedback n - decay s)`
    std::optional<double> feedback;      ///< kappa, of the last step where it moves
    std::optional<double> decay;         ///< lambda
    std::optional<double> beta;          ///< sharpness of the softmax
    std::optional<double> bias_rate;     ///< u of the sign rule, or gamma eta of the integral rule
    double bias_leak = 0;                ///< share of the integral rule's bias that a step forgets
    bool of_one_rank = false;  ///< by a file's name, and nothing says how many tokens all have
    std::string gate;          ///< "softmax", "sigmoid", another law of choices, or empty
    std::string balancer;      ///< one of balancers, another that a log names, or empty
};

/// Rules that keep loads balanced, as logs and options name them.
inline constexpr std::string_view balancers[] = {"none", "aux", "sign", "integral", "feedback"};

/// The rule by which scores follow loads, `s += rate (feedback n - decay s)` under a softmax of
/// beta s. Of what is not told a rate and a feedback count as 0, and what they are multiplied by
/// as 1.
struct told_rule {
    explicit told_rule(const log_head& head)
        : rate(head.rate.value_or(0)),
          feedback(head.feedback.value_or(0)),
          decay(head.decay.value_or(1)),
          beta(head.beta.value_or(1)),
          top_k(head.top_k.value_or(1)) {}

    double rate, feedback, decay, beta, top_k;

    /// Share of a score that a step forgets; 0: not told.
    [[nodiscard]] double forget() const { return rate * decay; }
    /// Of a score at rest, per unit of load.
    [[nodiscard]] double per_load() const { return feedback / decay; }
    [[nodiscard]] double K() const { return per_load() * beta; }
};

/// Whether nothing says that choices follow another law.
[[nodiscard]] inline bool is_softmax(const log_head& head) {
    return head.gate.empty() || head.gate == "softmax";
}

/// Whether its balancer is one that learns, by which no scores follow loads: "none" or "aux".
[[nodiscard]] inline bool is_learned(const log_head& head) {
    return head.balancer == "none" || head.balancer == "aux";
}

/// Whether it says that scores follow loads. A rate without a feedback is that of a rule whose
/// feedback is not told.
[[nodiscard]] bool follows_loads(const log_head& head);

/// "layer 3", "layers 0, 1" and, of many, "... and 5 more", for sentences.
/// @param layers  places in log_head::layers, one or more
[[nodiscard]] std::string layers_text(const log_head& head, std::span<const std::size_t> layers);

/// Why no scores that follow loads have these settings, if they cannot: nothing could be told of
/// such a loop's gain. A step forgets rate x decay of a score, which is less than 1.
[[nodiscard]] std::optional<refusal> unfit_rule(const log_head& head);

/// One layer in one step. The spans are the source's, valid until its next record.
struct load_record {
    std::int64_t step = 0;          ///< as numbered in the file
    std::size_t layer = 0;          ///< its place in log_head::layers
    std::span<const double> loads;  ///< (experts) choices that each expert got
    std::span<const double>
        scores;  ///< (experts) score or bias that the step routed with, or empty
    std::span<const double> dither;   ///< (experts) what was added to it as a probe, or empty
    std::span<const double> moments;  ///< (experts, experts) sum over tokens of p pᵀ, or empty
    /// kappa of the step where it moves; NaN: that of the head
    double feedback = std::numeric_limits<double>::quiet_NaN();
};

/// Whether all loads are whole numbers; loads are >= 0.
[[nodiscard]] inline bool are_counts(std::span<const double> loads) { return are_whole(loads); }

/// Whether any expert has a load; loads are >= 0.
[[nodiscard]] inline bool has_load(const load_record& record) {
    return std::any_of(record.loads.begin(), record.loads.end(),
                       [](double load) { return load > 0; });
}

/// A log that is read record by record: steps in order, in each its layers in order.
class log_source {
public:
    log_source() = default;
    log_source(const log_source&) = delete;
    log_source& operator=(const log_source&) = delete;
    virtual ~log_source() = default;

    [[nodiscard]] virtual const log_head& head() const = 0;

    /// The next record.
    /// @returns false at the end; a file that grows may give more later
    /// @throws invalid_argument  with file, place and rule, where a record is none
    virtual bool next(load_record& record) = 0;

    /// What the end of the file told, a sentence each: that its last number may be a part of one.
    /// Asked once next() has given false; what was told when the log was opened is not among it.
    [[nodiscard]] virtual std::vector<std::string> notes_at_end() const { return {}; }

    /// Whether all of it says that its axes are in another order than they were read in, so that
    /// no layer is one; why is among notes_at_end.
    [[nodiscard]] virtual bool is_turned() const { return false; }
};

}  // namespace moebius

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <moebius/base/lane_sums.hpp>
#include <moebius/diagnose/collapse_watch.hpp>
#include <moebius/diagnose/loop_fit.hpp>
#include <moebius/diagnose/probe_rows.hpp>
#include <moebius/diagnose/probes.hpp>
#include <moebius/diagnose/recent_steps.hpp>
#include <moebius/diagnose/score_rule.hpp>
#include <moebius/diagnose/step_choices.hpp>
#include <moebius/exact/stepped_loop.hpp>
#include <moebius/logs/load_log.hpp>
#include <moebius/logs/rounded_loads.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebius {

/// What a router is doing, from the best that can be said to the worst.
enum class load_verdict {
    safe,
    cannot_tell,
    drifting,        ///< loads move, and nothing says that they run away
    coexistence,     ///< inside the coexistence window: a collapsed state exists beside balance
    oscillating,     ///< loads swing more and more, or the controller does
    losing_balance,  ///< a deviation feeds itself
    collapsed,
};
[[nodiscard]] std::string_view to_string(load_verdict verdict) noexcept;

/// A distance with its 90 % interval.
struct margin {
    double value = 0, low = 0, high = 0;
    std::string of;  ///< in words: what it is the distance from, and in which unit
};

/// The feedbacks K at which something changes for a router of equal loads that softmax or exact-k
/// describes, with the controller that the log names, step by step.
/// @source docs/theory.md sections 3, 5 (In steps) and 7
struct loop_thresholds {
    double fold = 0;     ///< K_s(N, k): a collapsed state exists from here
    double balance = 0;  ///< equal loads are lost by themselves: N(N - 1)/(N - k)
    /// By how much the controller raises that: without a leak gamma beta/decay of small deviations,
    /// times 1 - forget, as it answers a step late.
    double gain = 0;
    /// What is not known of a controller, so that nothing is known of how it raises that; or empty.
    std::string unknown{};
    bool swings = false;  ///< whether loads swing from there on, at a Hopf point
    /// Below it loads change sides in each step; of a positive K alone where it is positive.
    double flip = -std::numeric_limits<double>::infinity();
    exact::stepped_loop loop{};  ///< in steps; forget 0: not known
    bool sign = false;
    std::size_t top_k = 1;
    [[nodiscard]] double onset() const { return balance + gain; }
};

struct loads_now;
struct seen_feedback;

/// What is known of a layer so far.
struct layer_diagnosis {
    static constexpr std::size_t most_margins = 3;  ///< from the fold, what comes then, the flip

    load_verdict verdict = load_verdict::cannot_tell;
    std::string reason;           ///< of the verdict
    std::string knob;             ///< what to turn, and how far; empty where nothing is known of it
    std::string had;              ///< what it rests on: "counts", "counts and dither", ...
    std::vector<margin> margins;  ///< the nearest danger first, most_margins at most; empty where
                                  ///< none can be told
    std::optional<margin> feedback;  ///< K = feedback beta/decay as measured, and its interval
    std::optional<loop_thresholds> limits;  ///< where K is dangerous, if it was measured
    std::optional<std::int64_t> warned_at;  ///< step of the first warning
    /// Steps of the first and the last 50 in whose mean loads were as a collapsed router has them.
    struct collapse_steps {
        std::int64_t first, last;
    };
    std::optional<collapse_steps> collapsed{};
    std::optional<double> steps_left;  ///< at the pace that is seen, until one expert has
                                       ///< least_lead, or half of them are idle
    std::vector<std::string> notes;    ///< what can therefore not be told, and traps
    std::string untold;         ///< why there is no feedback and no limits; empty where both are
    std::string untold_margin;  ///< why there is no margin; empty where there is one
};

/// One layer of a load log. Memory is that of a few hundred rows of experts, however long the log;
/// result() may be asked at any time.
class layer_margin {
public:
    static constexpr double default_restored = 0.25;

    /// @throws invalid_argument  for a margin that no knob restores
    static void check_restored(double restored);

    /// @param restored  the margin that knobs are told for, 0 to 1
    /// @throws invalid_argument  for fewer than 2 experts, or such a margin
    explicit layer_margin(const log_head& head, double restored = default_restored);

    /// The layer's next record. Steps without any load are left out.
    /// @throws invalid_argument  if its loads or probes are not of head.experts
    void take(const load_record& record) { take(record, lane_total_of(record.loads).sum); }
    /// @param sum  of its loads, by lane_total_of
    void take(const load_record& record, double sum);

    [[nodiscard]] layer_diagnosis result() const;

private:
    void begin_fits();
    void fit_loop(std::int64_t step);
    void take_feedback(double now);
    void take_probes(const load_record& record);
    void watch_gain(std::int64_t step);
    void watch_collapse(std::int64_t step);
    void hold_top_k(std::int64_t step);
    bool judge_loop(layer_diagnosis& out) const;  ///< of probes, and whether, or of gates that rest
    void judge_probes(layer_diagnosis& out) const;
    std::string judge_resting(layer_diagnosis& out) const;
    void note_scores(layer_diagnosis& out) const;
    void note_told(layer_diagnosis& out) const;
    void note_refuted(layer_diagnosis& out) const;
    [[nodiscard]] bool counts_part() const;
    [[nodiscard]] bool scores_tell() const;
    [[nodiscard]] std::optional<seen_feedback> seen_loop() const;
    [[nodiscard]] std::string untold_by_probes() const;
    void judge_counts(const loads_now& seen, layer_diagnosis& out) const;  ///< whatever gates do
    void drop_unequal(const loads_now& seen, bool probed, layer_diagnosis& out) const;
    [[nodiscard]] std::string_view unit() const;  ///< of what blocks count
    [[nodiscard]] double steps_a_row() const;     ///< in the mean
    [[nodiscard]] double tokens_of_step(double sum) const;
    [[nodiscard]] std::string lost_to_rounding() const;

    log_head head_;
    double top_k_, restored_;
    loop_thresholds alone_;  ///< without a controller
    collapse_watch watch_;
    recent_steps recent_;
    bool loops_ = false;            ///< whether scores follow loads, so that there is a K
    std::optional<refusal> unfit_;  ///< why the log's rule can be none
    std::string wrong_top_k_;       ///< why the top-k that is told can be none; or empty
    std::size_t parts_ = 0;         ///< records of fewer choices than tokens x top_k
    std::optional<loop_fit> loop_;
    std::optional<free_loop_fit> free_;  ///< beside a known step, or in place of one that is not
    std::optional<dither_slope> dither_;
    std::optional<moment_slope> moments_;
    std::optional<score_slope> scores_;
    std::optional<score_rule> score_rule_;
    bool feedback_moves_ = false;
    probe_rows dither_rows_, moment_rows_;
    std::size_t wild_dithers_ = 0;  ///< records with one too large for a gain
    std::vector<double> shares_;
    step_choices choices_;
    rounded_loads rounded_;
    double tokens_ = 0;                            ///< of the last step; 0: not known
    std::optional<std::int64_t> last_step_, gap_;  ///< gap_: steps between the last rows apart
    std::int64_t first_step_ = 0;
    std::int64_t gap_end_ = 0;                         ///< step of the row behind it
    std::size_t probed_ = 0;                           ///< records with moments or a dither
    std::optional<std::int64_t> warned_at_, grew_at_;  ///< steps of the first warnings
    std::optional<std::int64_t> lost_at_;  ///< where the gain by probes exceeded its threshold
    std::optional<layer_diagnosis::collapse_steps> collapsed_;
};

}  // namespace moebius

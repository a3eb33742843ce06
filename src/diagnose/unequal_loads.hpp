// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/block_scales.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/diagnose/recent_steps.hpp>
#include <string>
#include <string_view>

namespace moebius {

/// Of these rows fewer are not judged by how unequal they are.
constexpr std::size_t fewest_judged = 50;

/// What the winner has in the collapsed state of a loop whose settings are told.
struct collapsed_state {
    double K = 0;      ///< feedback beta/decay, by what is told
    double share = 0;  ///< of all choices; 0: there is none, or it is not known
};
/// Of softmax and one choice, without a controller.
[[nodiscard]] collapsed_state collapsed_state_of(const log_head& head, double fold);

/// What rules on unequal loads look at, and what they share.
struct loads_now {
    const recent_steps& steps;
    const block_scales& blocks;
    double top_k;
    double tokens;          ///< of a step; 0: not known
    std::string_view unit;  ///< steps, or rows that are not one step apart
    collapsed_state known;

    /// Mean loads of some rows, and the rule by which they have collapsed; empty where none says
    /// so.
    struct span_of_rows {
        std::size_t rows = 0;
        Eigen::VectorXd mean;
        std::string collapse;
        bool led = false;  ///< one expert has more than half_of_most
    };
    span_of_rows latest;  ///< the last 20 if these have 50 choices an expert, else 100
    span_of_rows longer;  ///< the last 200
    /// Rows of the shortest blocks in which experts win in turn; 0: they do not, or one has won for
    /// longer than half as long again as any before.
    std::size_t turning = 0;
    /// Experts with next to nothing in the longer span; 0 where tokens are known and too few.
    std::ptrdiff_t idle = 0;

    /// Whether there are rows enough to judge by.
    [[nodiscard]] bool judged() const { return blocks.steps() >= fewest_judged; }
};

/// @param tokens, unit, known  as of loads_now
[[nodiscard]] loads_now loads_of(const recent_steps& steps, const block_scales& blocks,
                                 double top_k, double tokens, std::string_view unit,
                                 const collapsed_state& known);

/// How far loads are from equal.
enum class inequality {
    none,
    led,   ///< one expert has more than half_of_most
    lost,  ///< they have collapsed, or experts win in turn
};
[[nodiscard]] inequality inequality_of(const loads_now& at);

/// Whether one expert leads, or some have next to nothing: no margin from equal loads is of these.
[[nodiscard]] bool unequal_experts(const loads_now& at);

/// Oscillating, whatever else was said, where experts win in turn; collapsed, where a rule says so
/// of the last rows, 20 if these have 50 choices an expert, else 100, or of the last 200 while one
/// expert leads still; but not where loads swing and were as unequal within 200 rows and came back;
/// drifting at the least where one leads.
void judge_collapse(const loads_now& at, layer_diagnosis& out);

/// Oscillating, where loads swing with a period of a few rows and by half of an even share or more;
/// not safe where rows are as unequal and tokens do not make them so.
void judge_rows(const loads_now& at, layer_diagnosis& out);

/// Drifting at the least where experts have less than a tenth of an even share, and how many.
void judge_idle(const loads_now& at, layer_diagnosis& out);

}  // namespace moebius

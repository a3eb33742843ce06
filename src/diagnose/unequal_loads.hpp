// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/block_scales.hpp>
#include <moebius/diagnose/margin.hpp>
#include <moebius/diagnose/recent_steps.hpp>
#include <string>
#include <string_view>

#include "collapse_rules.hpp"

namespace moebius {

/// Of these rows fewer are not judged by how unequal they are.
constexpr std::size_t fewest_judged = 50;

/// Lengths of blocks of rows that longer ones blur, and of which the last rows hold 20.
constexpr std::size_t short_blocks[] = {1, 2, 4};

/// Something that happens again and again in 20 blocks, and how often; 0 times of length 0 where it
/// does not.
struct blocks_in_turn {
    std::size_t length = 0;  ///< rows of a block
    int times = 0;
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
        bool led = false;  ///< one expert has more than least_lead
    };
    span_of_rows latest;       ///< the last 20 if these have 50 choices an expert, else 100
    span_of_rows longer;       ///< the last 200
    blocks_in_turn winners;    ///< experts win in turn
    blocks_in_turn collapses;  ///< loads collapse and come back
    /// Experts with next to nothing in the longer span; 0 where tokens are known and too few.
    std::ptrdiff_t idle = 0;

    /// Whether there are rows enough to judge by.
    [[nodiscard]] bool judged() const { return blocks.steps() >= fewest_judged; }

    /// Variance of a load of one row that its tokens make; 0 where they are not known.
    /// @param squares  sum of those of the mean loads
    [[nodiscard]] double noise_of(double squares) const;
};

/// @param tokens, unit, known  as of loads_now
[[nodiscard]] loads_now loads_of(const recent_steps& steps, const block_scales& blocks,
                                 double top_k, double tokens, std::string_view unit,
                                 const collapsed_state& known);

/// How far loads are from equal.
enum class inequality {
    none,
    led,   ///< one expert has more than least_lead
    lost,  ///< they have collapsed, or do again and again, or experts win in turn
};
[[nodiscard]] inequality inequality_of(const loads_now& at);

/// Whether one expert leads, or some have next to nothing: no margin from equal loads is of these.
[[nodiscard]] bool unequal_experts(const loads_now& at);

/// Whether one expert has far more than the others, though it need not lead.
[[nodiscard]] bool one_stands_apart(const loads_now& at);

/// Oscillating, whatever else was said, where experts win in turn or loads collapse and come back
/// again and again; collapsed, where a rule says so
/// of the last rows, 20 if these have 50 choices an expert, else 100, or of the last 200 while one
/// expert leads still; but not where loads swing and were as unequal within 200 rows and came back;
/// drifting at the least where one has far more than the others.
void judge_collapse(const loads_now& at, layer_diagnosis& out);

/// Oscillating, where loads swing with a period of a few rows and by half of an even share or more;
/// not safe where rows are as unequal and tokens do not make them so.
void judge_rows(const loads_now& at, layer_diagnosis& out);

/// Drifting at the least where experts have less than a tenth of an even share, and how many.
void judge_idle(const loads_now& at, layer_diagnosis& out);

}  // namespace moebius

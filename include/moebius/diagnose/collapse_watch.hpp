// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <moebius/diagnose/block_signs.hpp>
#include <moebius/diagnose/later_least.hpp>
#include <moebius/diagnose/steady_course.hpp>
#include <optional>

namespace moebius {

/// What loads alone can warn of, while the gates behind them learn.
enum class warning_kind {
    none,
    growing,  ///< a deviation feeds itself: its multiplier from block to block exceeds 1
    /// Loads of a gate that rested change slowly and by more than noise makes them. A loop that a
    /// controller holds near its loss of balance does so, too, and does not change.
    swelling,
    swinging,  ///< noise of tokens is amplified by much within few steps, and was not before
    rising,    ///< one expert has ever more, and soon least_lead
    starving,  ///< half of the experts have ever less, and soon next to nothing
    periodic,  ///< loads swing with a period, by much or by more and more
};

struct warning {
    warning_kind kind = warning_kind::none;
    std::size_t block = 0;  ///< steps of the blocks that show it
    block_growth growth;    ///< of those blocks
    block_swing swing;      ///< of those blocks
    block_line line;        ///< of those blocks, as of the last five of them
    steady_course course;   ///< of those blocks, of what rises or starves
    double line_grew = 1;   ///< its size over its least, a window of blocks before or more
    double swelling = 0;    ///< slow_swing of those blocks
    double spread = 0;      ///< block_spread of those blocks, where slowest() was asked
    double settled = 0;     ///< the same of them without_jump
    double jumped_ago = 0;  ///< and how many steps before their end that is
    /// Where slowest() was asked, the largest block_movement of those blocks, and of shorter ones
    /// where these scatter more than steps do; and how many steps they have.
    double moved = 0;
    std::size_t moved_block = 0;
    std::size_t seen_at = 0;  ///< steps taken when it was judged
};

/// Whether loads near a collapse at a steady pace.
[[nodiscard]] constexpr bool is_steady(warning_kind kind) {
    return kind == warning_kind::rising || kind == warning_kind::starving;
}

/// Whether loads run away or swing, whatever the gain of the loop.
[[nodiscard]] constexpr bool runs_away(warning_kind kind) {
    return kind == warning_kind::growing || is_steady(kind) || kind == warning_kind::periodic;
}

/// Thresholds of the warnings, the same for every log: data/results/diagnose-learning.txt has
/// what they do on random walks, on ensembles of training runs and on real logs.
struct warning_limits {
    /// Growth of this t, where a second direction has no more than that of the first, as walks of
    /// many experts have: passed once in 4,000 steps by 2 to 12 % of random walks of up to 8
    /// experts, by 20 to 37 % of 16. By t alone it is 38 to 65 % of these.
    double growth_t = 3, growth_second = 0.18;
    double clear_t = 3.75;  ///< or of this, whatever else moves
    /// Or of this, where next to nothing else moves: 0 to 2 % of walks of so many experts. Not of
    /// the shortest blocks, in which gates of digits that begin to learn do so.
    double lone_t = 2, lone_share = 0.9;
    static constexpr std::size_t lone_experts = 8;
    double calm = 1.5;  ///< swings up to here are those of independent steps
    double swing = 3;   ///< from here the loop is taken to be amplifying its noise
    /// And from so many times the calmest window of that length since a quarter of the log: loops
    /// that do not change reach 2.9 in windows of 4 experts, by chance. What gates do since their
    /// learning rate came up, for three times as long, is no news.
    double change = 3.5;
    /// A gate rests if slow_swing of its first 400 steps, from 40 to 40 of them, is no more: 14 of
    /// 346 training runs on digits, whose gates learn, are below it, and 357 of 360 on teacher.
    double rest = 2.8;
    /// From here, from 80 to 80 steps of the last 800, the loads of a gate that rested swell, once
    /// they do so more than ever before. Independent steps of 4 experts reach 2.9 in a million
    /// windows; gates of digits under sgd, which begin to learn late, 10 in their first, and then
    /// less and less.
    double swell = 4.5;
    /// And if they do, without_jump, from here: means that jump once leave 1.7 at the most, gates
    /// of ramped runs 2.2 at the least when they are first warned of.
    double swell_but_jump = 2;
    static constexpr std::size_t rest_block = 20, swell_block = 40;
    static constexpr int half = 2;  ///< of either, in slow_swing
    /// A swing has a period where that much of it is in one line. Healthy layers of seven logs of
    /// real training reach .78, walks .70, loops at .94 of their Hopf point .89.
    double line = 0.85;
    double line_gain = 3;      ///< and where it is so many times the noise of its steps
    double large_line = 0.25;  ///< in even shares: from here it is a warning,
    double line_growth = 2;    ///< and where it is so many times what it was,
    double swing_t = 3;        ///< or a swing is more from period to period, whatever its size
    /// Of the way from an even share to half of the most, and from even loads to half of the
    /// experts idle, in logarithms: a course that has come so far, is there within half a window at
    /// its pace, and does not level off is a warning. Gates of digits under sgd come as far without
    /// feedback: 2 of 30 rise so steadily, and 7 of 80 starve.
    double rise_from = 0.66, fall_from = 0.8;
    double steady_t = 10;      ///< from here a course is no drift by chance,
    double steady_kept = 0.8;  ///< and from here it does not level off
    std::size_t begins = 200;  ///< steps of a log in which gates begin to learn: no course counts
    std::size_t fewest_experts = 4;  ///< of fewer the loads are nearly one number
    /// Tokens' noise over multinomial up to which swings can be read, and the inverse of the least:
    /// loads that scatter less are not of as many tokens as their unit says (padded, rounded).
    double independence = 1.4;
};

/// Watches one layer. Needs no settings of the run; memory does not grow.
class collapse_watch {
public:
    explicit collapse_watch(std::size_t experts, const warning_limits& limits = {});

    /// @param shares  (E) of the step, sum 1
    /// @param tokens  of the step, of which each made top_k choices; 0: not known, swings are not
    /// judged
    void take(std::span<const double> shares, double tokens, double top_k);

    /// The strongest warning that stands now, of any length of block.
    [[nodiscard]] warning now() const;
    /// The first that was ever raised.
    [[nodiscard]] const std::optional<warning>& first() const noexcept { return first_; }
    /// The first of growth, of a rise or of a period: the others are no news where the gain of the
    /// loop is known.
    [[nodiscard]] const std::optional<warning>& first_growth() const noexcept {
        return first_growth_;
    }
    /// Growth of the longest blocks of which there are 20: the slow motion of the layer. Its swing
    /// is left out. A swing that is faster is in `moved` alone.
    [[nodiscard]] std::optional<warning> slowest() const;
    /// The largest swing that has a period now, of any length of block; its growth is left out.
    [[nodiscard]] std::optional<warning> swing() const;

    [[nodiscard]] const block_scales& blocks() const noexcept { return blocks_; }

private:
    void judge(std::size_t which, double tokens, double top_k);
    [[nodiscard]] bool grows(const block_growth& growth, const block_window& window) const;
    void judge_independent(std::size_t which, const block_window& window, double tokens);
    [[nodiscard]] bool swells(double swing);
    void find_movement(warning& out) const;
    void judge_courses(std::size_t which, const block_window& window, double top_k);
    void judge_course(const steady_course& course, warning_kind kind, warning& at) const;
    void judge_line(std::size_t which, const block_window& window);

    block_scales blocks_;
    warning_limits limits_;
    /// Of each length, as last judged. What no warning is made of is not computed.
    std::array<warning, block_scales::lengths> at_;
    std::array<later_least, block_scales::lengths> calmest_;
    double first_tokens_ = 0;  ///< of a step, when blocks were first judged; 0: none were
    struct seen_line {
        block_line last;           ///< where it has a period
        double grew = 1;           ///< its size over the least
        double least = 0;          ///< size of the least that had a period; 0: none had
        std::size_t least_at = 0;  ///< its last step
        void take(const block_window& window, const warning_limits& limits, std::size_t step);
    };
    std::array<seen_line, block_scales::lengths> lines_;
    /// Of the windows that slowest() was asked for, until they move on.
    mutable std::array<std::optional<block_growth>, block_scales::lengths> grown_;
    std::optional<bool> rested_;  ///< in the first window that tells it
    struct {
        double most = 0;      ///< of all windows; 0: none came
        bool stands = false;  ///< since it was the most, and enough
    } swelling_;
    std::optional<warning> first_, first_growth_;
};

}  // namespace moebius

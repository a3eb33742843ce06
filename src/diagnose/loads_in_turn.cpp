// SPDX-License-Identifier: MIT
#include "loads_in_turn.hpp"

#include <algorithm>
#include <array>
#include <moebius/diagnose/steady_course.hpp>

#include "collapse_rules.hpp"

namespace moebius {
namespace {

/// In 15 of 20 blocks one expert leads, and at least three times another that has taken the lead's
/// loads; the last for no more than half as long again as any before. The mean over them may be
/// even.
/// @returns how often; 0 where they do not
/// @param block_at    mean loads of one of them by how many come behind it
/// @param most_turns  of blocks that may be as long as a turn none are told apart
template <typename Block>
int led_in_turn(const Block& block_at, double top_k, int most_turns) {
    constexpr int enough_led = 15, enough_turns = 3;
    int led = 0, turns = 0, since = 0, longest = 0;  // blocks of this turn, and of one before it
    Eigen::Index leader = -1;
    for (int back = block_window::blocks; back-- > 0 && led + back + 1 >= enough_led;) {
        const Eigen::VectorXd loads = block_at(static_cast<std::size_t>(back));
        if (!one_leads(loads, top_k)) continue;
        Eigen::Index first = 0;
        const double most = loads.maxCoeff(&first);
        if (leader >= 0 && loads[leader] < most / 2) {
            ++turns;
            longest = std::max(longest, since);
            since = 0;
        }
        leader = first;
        ++led;
        ++since;
    }
    return led >= enough_led && turns >= enough_turns && turns <= most_turns &&
                   2 * since <= 3 * longest
               ? turns
               : 0;
}

/// Loads that collapse and come back, phase by phase.
struct phases {
    bool lost = false;                 ///< whether this one is a collapse
    int since = 0;                     ///< blocks of it
    std::array<int, 2> longest{0, 0};  ///< of those before it: balanced, lost
    int returns = 0;

    void turn(bool to_lost) {
        longest[lost] = std::max(longest[lost], since);
        returns += lost ? 1 : 0;
        lost = to_lost;
        since = 0;
    }
};

/// How often of 20 blocks one expert had nearly all and loads came back to about even ones; 0 where
/// this phase lasts for more than half as long again as any like it.
template <typename Block>
int returns_in(const Block& block_at, double top_k) {
    phases at;
    for (int back = block_window::blocks; back-- > 0; ++at.since) {
        const Eigen::VectorXd loads = block_at(static_cast<std::size_t>(back));
        const bool lost = one_leads(loads, top_k) && !collapse_of(loads, top_k).empty();
        if (at.lost ? !stands_apart(loads, top_k) : lost) at.turn(lost);
    }
    return 2 * at.since <= 3 * at.longest[at.lost] ? at.returns : 0;
}

/// Of blocks of each length, the shortest first, that which `found` tells something of; else {}.
/// Few tokens have a leader by chance, so that the shortest are asked for where that is not so.
/// @param found  of block_at(back), and whether they are longer than others that were asked for
template <typename Found>
auto first_found(const loads_now& at, const Found& found) {
    const auto experts = static_cast<double>(at.blocks.experts());
    const double apart = least_lead(at.blocks.experts(), at.top_k) - 1 / experts;
    const double noise = at.noise_of(1 / experts);
    const auto told = [&](std::size_t length, const auto& block_at, bool longer) {
        return blocks_in_turn{length, found(block_at, longer)};
    };
    for (const std::size_t length : short_blocks) {
        const bool seen = at.steps.size() >= length * block_window::blocks && noise > 0 &&
                          apart * apart > 16 * noise / static_cast<double>(length);
        if (!seen) continue;
        const auto block_at = [&](std::size_t back) {
            return at.steps.mean(length, back * length);
        };
        if (const auto out = told(length, block_at, false); out.times > 0) return out;
    }
    for (std::size_t which = 0; const auto* window = at.blocks.window(which); ++which) {
        const auto block_at = [&](std::size_t back) { return at.blocks.block(back, which); };
        if (const auto out = told(window->length, block_at, which > 0); out.times > 0) return out;
    }
    return blocks_in_turn{};
}

}  // namespace

blocks_in_turn led_in_turn_of(const loads_now& at) {
    return first_found(at, [&](const auto& block_at, bool longer) {
        return led_in_turn(block_at, at.top_k,
                           longer ? block_window::blocks / 2 : block_window::blocks);
    });
}

blocks_in_turn collapses_of(const loads_now& at) {
    constexpr int enough = 2;
    return first_found(at, [&](const auto& block_at, bool) {
        const int returns = returns_in(block_at, at.top_k);
        return returns >= enough ? returns : 0;
    });
}

}  // namespace moebius

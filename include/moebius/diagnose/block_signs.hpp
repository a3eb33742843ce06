// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/diagnose/block_scales.hpp>

namespace moebius {

/// Whether loads run away: the right-tailed test for an explosive root.
///
/// Along the direction a in which the block means b spread most, a_{i+1} - a_i = c + rho a_i +
/// noise is fitted. A gate that rests has rho near -1, one that drifts at random 0, one whose
/// deviation feeds itself rho > 0. t = rho/error of a random walk exceeds 1 in a window of 20
/// blocks in 1 %. Such a deviation leaves little else to see, where walks of many experts go in all
/// directions: of a long one the first is a half wave of 6/pi^2 of what it does and the second a
/// whole one of a quarter of that, both with little scatter and often with a large t.
/// @source Phillips, Shi and Yu, Int. Econ. Rev. 56 (2015) 1043: explosive behaviour in real time;
/// Antognini and Sohl-Dickstein, NeurIPS 2018: the principal components of random walks
struct block_growth {
    bool still = false;     ///< all block means are the same: no multiplier is known
    double multiplier = 1;  ///< 1 + rho, of a deviation from block to block
    double error = 0;       ///< its standard error
    double t = 0;           ///< rho over it; 0 where the blocks stand still
    double share = 0;       ///< of all that the blocks do, in direction a; 1 of two experts
    bool away = false;      ///< from equal loads: the last blocks are further than the first were
    /// One jump between two levels, within a block or between two, leaves less of the course than
    /// this does.
    bool jumped = false;
};
[[nodiscard]] block_growth growth_in(const block_window& window);
/// block_growth::away alone.
[[nodiscard]] bool moves_away(const block_window& window);
/// What blocks do in the direction in which they spread most but for a, over what they do in a: 0
/// of two experts, 1/4 of long random walks of many.
[[nodiscard]] double second_direction(const block_window& window);

/// Whether loads swing more than the tokens' noise makes them, in a way that a drift or a single
/// jump does not imitate.
struct block_swing {
    /// Variance of a block mean from how blocks bend, |b_i - (b_{i-1} + b_{i+1})/2|^2 2/3, over
    /// that which independent steps would give; the mean of the lower 7 in 10. Of white noise .5 to
    /// .9.
    double gain = 0;
    double lag =
        0;  ///< autocorrelation of the means, less their parabola: < 0 where they alternate
};
[[nodiscard]] block_swing swing_in(const block_window& window);
/// block_swing::gain alone.
[[nodiscard]] double swing_gain(const block_window& window);

/// Mean square change of the loads from as many steps to as many next ones, over that which
/// independent steps would give: 1 where they are independent, whatever their noise; a gate that
/// moves raises it, and a loop whose deviations come back too slowly. Over a window, all shifts.
/// @param half  blocks of each of the two means; 2 half <= block_window::blocks
[[nodiscard]] double slow_swing(const block_window& window, int half);

/// The same blocks without one jump of all loads from some levels to others, within a block or
/// between two: that which leaves them least.
struct block_jump {
    block_window rest;
    double ago = 0;  ///< steps from it to the end of the last block
};
[[nodiscard]] block_jump without_jump(const block_window& window);

/// Variance of the block means about their mean over that which independent steps would give: of
/// these chi^2/nu, nu = 19 (E - 1) where all directions scatter alike; 0 where no step differs.
[[nodiscard]] double block_spread(const block_window& window);
/// How far the block means are from their mean: rms over blocks and experts, in even shares.
[[nodiscard]] double block_movement(const block_window& window);

/// A swing that comes back again and again: how much of what blocks do, less their parabola, lies
/// in one line of their spectrum, of four periods a window or more. Walks, jumps and noise have
/// none.
///
/// Along the direction a in which blocks spread most a_{i+1} = c + b a_i - m^2 a_{i-1} + noise is
/// fitted: a swing of the angle arccos(b/2m) from block to block, of which m is left. Of real
/// training, of walks and of loops below their Hopf point t stays below 2.
/// @source Fisher, Proc. R. Soc. A 125 (1929) 54: the largest line over their sum; here with the
/// two beside it, as a window holds no whole number of periods. Box, Jenkins, Reinsel and Ljung,
/// Time Series Analysis (2015), section 3.2.4: the autoregression
struct block_line {
    double share = 0;       ///< of the line, 0 to 1
    double period = 0;      ///< in steps; not below two blocks
    double size = 0;        ///< rms of all that blocks do over experts and blocks, in even shares
    double variance = 0;    ///< of a block mean about the parabola, of all loads
    double multiplier = 0;  ///< of a swing from period to period; 0 where none is told
    double error = 0;       ///< its standard error
    double t = 0;           ///< m^2 - 1 over its error: large where swings grow
};
[[nodiscard]] block_line line_in(const block_window& window);
/// block_line::variance alone.
[[nodiscard]] double block_variance(const block_window& window);

/// Noise of a step over that of independent tokens, token_noise of the mean loads.
[[nodiscard]] double over_dispersion(const block_window& window, double tokens, double top_k);

}  // namespace moebius

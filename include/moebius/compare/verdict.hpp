// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace moebius {

/// Whether chance explains all deviations together.
struct verdict {
    bool agrees = false;
    std::size_t points = 0;        ///< judged steady states, and jumps
    std::size_t not_judged = 0;    ///< steady states; of oscillations, periods and amplitudes
    double chi_square = 0;         ///< sum of z^2
    double chi_square_p = 0;       ///< chance of a larger one
    std::size_t beyond_3 = 0;      ///< points with |z| > 3
    double beyond_3_expected = 0;  ///< of so many points
    double beyond_3_p = 0;         ///< chance of as many or more
    std::size_t cusps_missed = 0;  ///< by the continuation
    std::string sentence;          ///< all of this for a reader
};

/// What is judged beside deviates.
struct other_evidence {
    bool holds = true;
    std::string text;  ///< for a reader; empty: there is none
};

/// The verdict on points that are standard normal deviates if theory is right: it fails if the sum
/// of squares, or the number of |z| > 3, is larger than chance makes it in all but `chance` of the
/// cases, or if a cusp was missed.
/// @param rough  why the settings allow no judgement; the verdict is then that sentence. Empty if
///               they do
/// @param other  fails the verdict if it does not hold
[[nodiscard]] verdict verdict_on(std::span<const double> z, std::size_t not_judged,
                                 std::size_t cusps_missed, double chance,
                                 const std::string& rough = {}, const other_evidence& other = {});

/// Why so many excused points leave no room for a verdict: fewer than a third are without excuse.
/// @param excuses  one a point; empty: it is judged
/// @return  a sentence that names the most frequent excuse; empty if there is room
[[nodiscard]] std::string too_many_excuses(std::span<const std::string> excuses);

/// Why a sweep leaves no room: by theory more than a third of its runs end before they jump.
/// @param name  of the sweep
[[nodiscard]] std::string too_fast(std::string_view name, std::size_t stayed, std::size_t runs);

/// The z whose square is as unlikely as a chi-square with this chance of a larger one.
[[nodiscard]] double deviate_of(double p);

/// How unlike two samples are in place: the normal deviate of Mann and Whitney's U, ties shared;
/// positive if the first one lies higher.
/// @throws invalid_argument  for an empty sample
/// @source  H. B. Mann and D. R. Whitney, Ann. Math. Stat. 18 (1947) 50-60
[[nodiscard]] double rank_deviate(std::span<const double> first, std::span<const double> second);

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <moebius/base/error.hpp>
#include <moebius/compare/chi_square.hpp>
#include <moebius/compare/verdict.hpp>
#include <vector>

namespace moebius {
namespace {

constexpr double chance_beyond_3 = 0.0026997960632601866;  // of a normal deviate: erfc(3/sqrt 2)

std::string sentence_of(const verdict& v, double chance, const std::string& other) {
    std::string why;
    if (v.cusps_missed > 0)
        why = fmt::format("; continuation missed {} of the cusps", v.cusps_missed);
    if (v.not_judged > 0)
        why += fmt::format("; {} more {} not judged", v.not_judged,
                           v.not_judged == 1 ? "point was" : "points were");
    return fmt::format(
        "{}: {}{}{} points, chi-square {:.1f} (p = {:.2g}), {} beyond 3 standard errors where "
        "{:.2f} "
        "are expected (p = {:.2g}){}; a test fails below p = {:g}",
        v.agrees ? "theory and measurement agree" : "theory and measurement disagree", other,
        other.empty() ? "" : "; ", v.points, v.chi_square, v.chi_square_p, v.beyond_3,
        v.beyond_3_expected, v.beyond_3_p, why, chance);
}

}  // namespace

verdict verdict_on(std::span<const double> z, std::size_t not_judged, std::size_t cusps_missed,
                   double chance, const std::string& rough, const other_evidence& other) {
    verdict result;
    result.points = z.size();
    result.not_judged = not_judged;
    result.cusps_missed = cusps_missed;
    for (const double one : z) {
        result.chi_square += one * one;
        result.beyond_3 += !(std::abs(one) <= 3);  // a NaN is no agreement
    }
    const auto n = static_cast<double>(result.points);
    if (n > 0 && std::isfinite(result.chi_square)) {
        result.chi_square_p = chi_square_p(result.chi_square, result.points);
        result.beyond_3_p = result.beyond_3 == 0 ? 1
                                                 : boost::math::cdf(boost::math::complement(
                                                       boost::math::binomial(n, chance_beyond_3),
                                                       static_cast<double>(result.beyond_3) - 1));
    }
    result.beyond_3_expected = n * chance_beyond_3;
    result.agrees = result.chi_square_p >= chance && result.beyond_3_p >= chance &&
                    result.cusps_missed == 0 && rough.empty() && other.holds;
    result.sentence = sentence_of(result, chance, other.text);
    if (!rough.empty())
        result.sentence = fmt::format("nothing is judged: {}{}{}", rough,
                                      other.text.empty() ? "" : "; ", other.text);
    return result;
}

std::string too_many_excuses(std::span<const std::string> excuses) {
    std::map<std::string, std::size_t> counts;
    std::size_t judged = 0;
    for (const auto& excuse : excuses)
        if (excuse.empty())
            ++judged;
        else
            ++counts[excuse];
    if (3 * judged >= excuses.size()) return {};
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return fmt::format(
        "theory can say how loads scatter at {} of {} steady states only; of {} it "
        "says: {}",
        judged, excuses.size(), most->second, most->first);
}

std::string too_fast(std::string_view name, std::size_t stayed, std::size_t runs) {
    if (3 * stayed <= runs) return {};
    return fmt::format(
        "the sweep '{}' is too fast: by theory {} of {} runs end before they jump; ramp must be "
        "larger",
        name, stayed, runs);
}

double deviate_of(double p) {
    const double tail = std::max(p / 2, std::numeric_limits<double>::min());
    return boost::math::quantile(boost::math::complement(boost::math::normal(), tail));
}

double rank_deviate(std::span<const double> first, std::span<const double> second) {
    if (first.empty() || second.empty())
        throw invalid_argument("rank_deviate", "an empty sample came", "each needs a value");
    std::vector<std::pair<double, bool>> all;
    for (const double value : first) all.emplace_back(value, true);
    for (const double value : second) all.emplace_back(value, false);
    std::sort(all.begin(), all.end());
    const auto m = static_cast<double>(first.size()), n = static_cast<double>(all.size());
    double sum = 0, ties = 0;  // of the ranks of the first sample; of t^3 - t over ties
    for (std::size_t i = 0, j = 0; i < all.size(); i = j) {
        double own = 0;
        for (j = i; j < all.size() && all[j].first == all[i].first; ++j) own += all[j].second;
        const auto t = static_cast<double>(j - i);
        sum += own * (static_cast<double>(i + j + 1) / 2);
        ties += t * t * t - t;
    }
    const double variance = m * (n - m) / 12 * (n + 1 - ties / (n * (n - 1)));
    const double deviation = sum - m * (n + 1) / 2;
    return variance > 0 ? deviation / std::sqrt(variance) : 0;
}

}  // namespace moebius

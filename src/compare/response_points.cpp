// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <moebius/base/checked_size.hpp>
#include <moebius/base/constants.hpp>
#include <moebius/base/error.hpp>
#include <moebius/base/parallel.hpp>
#include <moebius/base/random.hpp>
#include <moebius/base/row_writer.hpp>
#include <moebius/compare/blocking.hpp>
#include <moebius/compare/chi_square.hpp>
#include <moebius/compare/response_points.hpp>
#include <span>

#include "linear_limits.hpp"

namespace moebius {
namespace {

void check(const response_options& options, std::size_t seeds) {
    if (seeds == 0) throw invalid_argument("--seeds", "0 came", "it must be >= 1");
    if (options.points < 12 || options.points > 100'000)
        throw invalid_argument("--points", fmt::format("{} came", options.points),
                               "it must be 12 to 100000");
    if (!(options.reach > 0 && std::isfinite(options.reach)))
        throw invalid_argument("--reach", fmt::format("{} came", options.reach),
                               "it must be > 0, or 0 for 12/beta");
    check_result_size("response", "seeds", seeds, options.points);
}

double gap_of(const load_response* known, double x, double beta) {
    if (known == nullptr) return not_a_number;
    const double s[] = {x / 2, -x / 2};
    double p[2];
    known->loads(s, beta, p);
    return p[0] - p[1];
}

}  // namespace

std::vector<response_point> response_points(const token_source& source, const router& router,
                                            double beta, const load_response* known,
                                            const response_options& options, std::size_t seeds,
                                            const watch& watched) {
    check(options, seeds);
    std::vector<response_point> out(options.points);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].x =
            options.reach * (2 * static_cast<double>(i) / static_cast<double>(out.size() - 1) - 1);
    std::vector<double> gaps(out.size() * seeds, not_a_number);
    const auto one = [&](std::size_t i) {  // seeds run fastest
        const auto seed = derived_seed(options.seed, i);
        gaps[i] = open_loop_gap(out[i / seeds].x, source, router, options, seed, watched).value;
    };
    bool whole = true;
    try {
        parallel_for(gaps.size(), options.threads, one, watched, "response");
    } catch (const interrupted&) {
        whole = false;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        auto& [x, predicted, gap, z] = out[i];
        gap = interval_of_mean(std::span(gaps).subspan(i * seeds, seeds));
        predicted = gap_of(known, x, beta);
        const double error = gap.deviation / std::sqrt(static_cast<double>(gap.count));
        z = error > 0 ? (gap.mean - predicted) / error : not_a_number;
    }
    if (whole) return out;
    std::erase_if(out, [seeds](const response_point& at) { return at.gap.count < seeds; });
    if (out.empty()) throw interrupted("response");
    throw cut_short<std::vector<response_point>>("response", std::move(out));
}

response_verdict judge(const std::vector<response_point>& points, bool known, double tokens,
                       double chance) {
    response_verdict out;
    for (const auto& at : points) {
        if (std::isnan(at.z) || (1 - std::abs(at.predicted)) / 2 * tokens < fewest_tokens) continue;
        const double z = normal_deviate(at.z, 1, at.gap.count);
        out.chi_square += z * z;
        ++out.points;
    }
    out.chi_square_p = chi_square_p(out.chi_square, out.points);
    out.agrees = out.chi_square_p >= chance;
    if (!known)
        out.sentence = "nothing was judged: no closed form of this response is known";
    else if (out.points == 0)
        out.sentence = "nothing was judged: that takes two seeds, more tokens, and loads that vary";
    else
        out.sentence = fmt::format(
            "measurement and closed form {}: chi-square {:.1f} of {} score differences (p = "
            "{:.2g}), {} more were not judged; the test fails below p = {:g}",
            out.agrees ? "agree" : "disagree", out.chi_square, out.points, out.chi_square_p,
            points.size() - out.points, chance);
    return out;
}

table response_table(const std::vector<response_point>& points) {
    table out;
    row_writer row(out);
    for (const auto& at : points) {
        row.next();
        row.put("x", at.x);
        row.put("gap_predicted", at.predicted);
        row.put("gap", at.gap.mean);
        row.put("gap_low", at.gap.low);
        row.put("gap_high", at.gap.high);
        row.put("z", at.z);
    }
    return out;
}

}  // namespace moebius

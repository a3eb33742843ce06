// SPDX-License-Identifier: MIT
// The float64 loop that route_step_check compares with.
#include <algorithm>
#include <cmath>
#include <moebius/base/random.hpp>
#include <numeric>
#include <thread>

#include "route_step_check.cuh"

namespace route_step_check {
namespace {

/// The noise of router/top1.cpp, in float64.
double noise_of(const test_case& c, const route_rule& rule, std::uint32_t t, std::uint32_t e) {
    if (c.noise == route_noise::none) return 0;
    const std::uint32_t stream = e < 2 ? 0 : 1 + ((e - 2) / 4 << 8), pair = e & ~1U;
    const auto words = moebius::random_words(rule.seed, static_cast<moebius::random_stream>(stream),
                                             rule.step, rule.first_token + t);
    const std::uint32_t at = pair < 2 ? 0 : (pair - 2) % 4;
    const double u = moebius::uniform(words[at]), v = moebius::uniform(words[at + 1]);
    if (c.noise == route_noise::gumbel) return -std::log(-std::log(e & 1 ? v : u));
    const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * 3.14159265358979323846 * v;
    return radius * (e & 1 ? std::sin(angle) : std::cos(angle));
}
}  // namespace

/// (T, E) values beta (l + s), in float64.
std::vector<double> reference_values(const test_case& c, const inputs& in) {
    std::vector<double> value(std::size_t{c.T} * c.E);
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> pool;
    for (unsigned part = 0; part < threads; ++part)
        pool.emplace_back([&, part] {
            for (std::uint32_t t = part; t < c.T; t += threads)
                for (std::uint32_t e = 0; e < c.E; ++e) {
                    double sum = 0;
                    for (std::uint32_t i = 0; i < c.d; ++i)
                        sum += static_cast<double>(in.tokens[std::size_t{t} * c.d + i]) *
                               in.gate[std::size_t{e} * c.d + i];
                    value[std::size_t{t} * c.E + e] = c.beta * (sum + in.scores[e]);
                }
        });
    for (auto& thread : pool) thread.join();
    return value;
}

/// seen_e = 0; for each choice: slot = offset_e + seen_e++, or none beyond the capacity.
void check_dispatch(const test_case& c, const outputs& out, verdict& v) {
    std::vector<std::uint32_t> offset(c.E + 1), seen(c.E);
    for (std::uint32_t e = 0; e < c.E; ++e)
        offset[e + 1] = offset[e] + std::min(out.counts[e], c.capacity);
    v.expect(offset == out.offsets, "offsets");
    for (std::size_t i = 0; i < out.choices.size(); ++i) {
        const std::uint32_t e = out.choices[i];
        const std::uint32_t rank = e == no_choice ? c.capacity : seen[e]++;
        const std::uint32_t want = rank < c.capacity ? offset[e] + rank : no_slot;
        v.expect(out.slots[i] == want, "slot", out.slots[i], want);
        if (want != no_slot) v.expect(out.order[want] == i, "order", out.order[want], double(i));
    }
}

/// Every output against the reference values.
void check_outputs(const test_case& c, const inputs& in, const std::vector<double>& value,
                   const route_rule& rule, const route_feedback& f, const outputs& out,
                   verdict& v) {
    // What an arithmetic may confuse: float sums of exact products, 11-bit products, float64.
    const double scale = c.beta * (1 + c.spread);
    const double tolerance = (c.exact                      ? 1e-12
                              : c.type == token_type::bf16 ? 2e-5
                                                           : 4e-3) *
                                 scale +
                             (c.noise != route_noise::none && !c.exact ? 4e-5 : 0);
    const double share_tolerance =
        c.type == token_type::bf16 ? 1e-3 * std::max(1.0, scale / 4) : 5e-3 * scale;
    std::vector<std::uint32_t> counts(c.E), by(c.E);
    std::vector<double> z(c.E);
    std::uint64_t unrouted = 0, near_low = 0, near_high = 0, near = 0;
    for (std::uint32_t t = 0; t < c.T; ++t) {
        const double* row = &value[std::size_t{t} * c.E];
        double top = -INFINITY, sum = 0;
        bool bad = false;
        for (std::uint32_t e = 0; e < c.E; ++e) {
            bad = bad || !(row[e] < INFINITY);
            top = std::max(top, row[e]);
        }
        bad = bad || top == -INFINITY;
        const std::uint32_t* choice = &out.choices[std::size_t{t} * c.k];
        const float* share = &out.shares[std::size_t{t} * c.k];
        if (bad) {
            ++unrouted;
            for (std::uint32_t j = 0; j < c.k; ++j)
                v.expect(choice[j] == no_choice && share[j] == 0, "a NaN token is routed", t);
            continue;
        }
        for (std::uint32_t e = 0; e < c.E; ++e) {
            sum += std::exp(row[e] - top);
            z[e] = row[e] + noise_of(c, rule, t, e);
        }
        std::iota(by.begin(), by.end(), 0U);
        const std::uint32_t upto = std::min(c.k + 1, c.E);
        std::partial_sort(by.begin(), by.begin() + upto, by.end(),
                          [&](auto a, auto b) { return z[a] > z[b] || (z[a] == z[b] && a < b); });
        bool close_low = false, close_high = false;
        for (std::uint32_t j = 0; j + 1 < upto; ++j) {
            const double gap = z[by[j]] - z[by[j + 1]];
            close_low = close_low || gap <= rule.tie_margin - 2 * std::max(tolerance, 4e-3 * scale);
            close_high =
                close_high || gap <= rule.tie_margin + 2 * std::max(tolerance, 4e-3 * scale);
        }
        near_low += close_low;
        near_high += close_high;
        bool differs = false;
        for (std::uint32_t j = 0; j < c.k; ++j) {
            v.expect(choice[j] < c.E, "choice out of range", choice[j], t);
            if (!(choice[j] < c.E)) return;
            ++counts[choice[j]];
            differs = differs || choice[j] != by[j];
            const double gap = std::abs(z[choice[j]] - z[by[j]]);
            v.expect(gap <= 2 * tolerance, "wrong choice; its value is lower by", gap, t);
            for (std::uint32_t i = 0; i < j; ++i)
                v.expect(choice[i] != choice[j], "chosen twice", t);
            if (c.ties && c.noise == route_noise::none && c.k == 1)
                v.expect(choice[j] % 2 == 0, "the higher of equals wins", choice[j], t);
            const double want = std::exp(row[choice[j]] - top) / sum;
            if (want < 1e-30) continue;
            const double error = std::abs(share[j] / want - 1);
            double& worst = c.type == token_type::bf16 ? worst_bf16 : worst_fp32;
            worst = std::max(worst, error);
            v.expect(error <= share_tolerance, "probability", share[j], want);
        }
        near += differs;
    }
    near_total += near;
    rechecked_total += out.totals.rechecked;
    tokens_total += c.T;
    if (c.exact && !c.ties) v.expect(near == 0, "choices differ from float64", double(near));
    v.expect(counts == out.counts, "counts");
    v.expect(out.totals.unrouted == unrouted, "unrouted", double(out.totals.unrouted),
             double(unrouted));
    v.expect(out.totals.near_ties >= near_low && out.totals.near_ties <= near_high, "near ties",
             double(out.totals.near_ties), double(near_high));
    for (std::uint32_t e = 0; e < c.E; ++e) {
        const double s = in.scores[e], load = c.T == 0 ? 0 : static_cast<double>(counts[e]) / c.T;
        const auto want = static_cast<float>(
            c.T == 0 ? s : s + f.step * (f.feedback * load - f.decay * s + in.bias[e]));
        v.expect(std::abs(out.scores[e] - want) <= 1e-7 * std::abs(want) + 1e-12, "score",
                 out.scores[e], want);
    }
}

}  // namespace route_step_check

// SPDX-License-Identifier: MIT
// ProbMoE on the device against router/probmoe.cpp.
#include <moebius/router/probmoe.hpp>
#include <moebius/router/subset_law.hpp>

#include "../../src/cuda/router/router_subset.hpp"
#include "router_check.cuh"

namespace router_check {
namespace {

using namespace moebius::gpu;

struct subset_case {
    std::uint32_t T, E, k_min, k_max;
    rows kind = rows::normal;
    double beta = 1;
};

struct totals {
    std::uint64_t tokens = 0, differ = 0;
    worst_error weights, marginals, slopes;
} of_fp64, of_fp32;

std::string name_of(const subset_case& c, bool fp64) {
    char text[120];
    std::snprintf(text, sizeof text, "subset %s T=%u E=%u k=%u..%u %s beta=%g",
                  fp64 ? "fp64" : "fp32", c.T, c.E, c.k_min, c.k_max, router_check::name_of(c.kind),
                  c.beta);
    return text;
}

/// Marginals of rows that can be routed, in double.
std::vector<double> marginals_of(const moebius::router_batch& batch, const subset_case& c) {
    const auto at = moebius::scale(batch, c.beta);
    std::vector<double> out(batch.logits.size());
    for (std::size_t t = 0; t < c.T; ++t) {
        if (!at.routed[t]) continue;
        const moebius::subset_law law({&at.z[t * c.E], c.E}, c.k_min, c.k_max);
        const auto m = law.marginals();
        std::copy(m.begin(), m.end(), out.begin() + static_cast<std::ptrdiff_t>(t * c.E));
    }
    return out;
}

void run(const subset_case& c, subset_arithmetic arithmetic, std::mt19937& rng) {
    const bool fp64 = arithmetic == subset_arithmetic::fp64;
    verdict v{name_of(c, fp64)};
    auto& sum = fp64 ? of_fp64 : of_fp32;
    const auto logits = draw_rows(c.kind, c.T, c.E, rng);
    std::vector<double> wide(logits.begin(), logits.end()), scores(c.E);
    std::normal_distribution<float> normal;
    for (double& s : scores) s = 0.3 * normal(rng);
    std::vector<float> by_weights(logits.size());
    for (float& g : by_weights) g = normal(rng);
    const std::vector<double> by_wide(by_weights.begin(), by_weights.end());

    const moebius::batch_key key{rng(), rng()};
    const bool published = rng() % 2 == 0;
    const auto cpu = moebius::probmoe({.beta = c.beta,
                                       .k_min = c.k_min,
                                       .k_max = c.k_max,
                                       .slopes = published ? moebius::subset_slopes::published
                                                           : moebius::subset_slopes::covariance});
    const moebius::router_batch batch{c.E, wide, scores, key};
    const auto want = cpu->route(batch);

    const device_array<float> d_logits(logits), d_by(by_weights);
    const device_array<double> d_scores(scores);
    device_array<std::uint8_t> chosen(logits.size());
    device_array<float> weights(logits.size()), marginals(logits.size()), slopes(logits.size());
    device_array<std::uint32_t> counts(c.E + 1);
    const subset_batch b{c.T,    c.E,     d_logits.data, d_scores.data,
                         c.beta, c.k_min, c.k_max,       arithmetic};
    CHECK_CUDA(launch_subset_draw(
        b, {key.seed, key.step, 0, chosen.data, weights.data, counts.data}, nullptr));
    CHECK_CUDA(launch_subset_marginals(b, marginals.data, nullptr));
    CHECK_CUDA(
        launch_subset_backward(b, {chosen.data, d_by.data, slopes.data, published}, nullptr));
    CHECK_CUDA(cudaDeviceSynchronize());
    v.expect(chosen.guarded() && weights.guarded() && marginals.guarded() && slopes.guarded() &&
                 counts.guarded(),
             "written beyond an output");

    // float weights: exp and a sum of E, of logits as large as 1e4 in the fp32 variant
    const double size = c.kind == rows::large ? 1e4 : c.kind == rows::peaked ? 8 : 1;
    const double relative = fp64 ? 2e-5 : 2e-5 + 4e-6 * size * c.beta;
    const auto got = chosen.read();
    const auto w = weights.read(), m = marginals.read(), s = slopes.read();
    const auto n = counts.read();
    const auto m_want = marginals_of(batch, c);
    moebius::router_outcome taken = want;  // with the device's choices, for the slopes
    std::vector<std::uint32_t> counted(c.E + 1);
    for (std::size_t t = 0; t < c.T; ++t) {
        bool differs = false;
        std::uint32_t members = 0;
        for (std::size_t i = t * c.E; i < (t + 1) * c.E; ++i) {
            differs = differs || got[i] != want.chosen[i];
            members += got[i];
            counted[i - t * c.E] += got[i];
            taken.chosen[i] = got[i];
            if (got[i] && want.chosen[i])
                sum.weights(v, "weight", w[i], want.weights[i], relative, 1e-30);
            else if (!got[i])
                v.expect(w[i] == 0, "weight of an expert not chosen", w[i]);
            sum.marginals(v, "marginal", m[i], m_want[i], relative, fp64 ? 1e-12 : relative);
        }
        const bool routed =
            std::any_of(want.chosen.begin() + static_cast<std::ptrdiff_t>(t * c.E),
                        want.chosen.begin() + static_cast<std::ptrdiff_t>((t + 1) * c.E),
                        [](auto x) { return x != 0; });
        counted[c.E] += !routed;
        v.expect(routed == (members > 0), "routed", double(t));
        ++sum.tokens;
        sum.differ += differs;
        if (fp64) v.expect(!differs, "choices differ from the CPU's", double(t));
    }
    v.expect(n == counted, "counts");

    std::vector<double> s_want(logits.size());
    cpu->backward(batch, taken, by_wide, s_want);
    // slopes are differences of terms up to beta max|G|, 4 here: absolute
    for (std::size_t i = 0; i < s.size(); ++i)
        sum.slopes(v, "slope", s[i], s_want[i], relative, c.beta * (fp64 ? 1e-6 : 4 * relative));
}

}  // namespace

void check_subsets(bool small, std::mt19937& rng) {
    std::vector<subset_case> cases;
    for (const std::uint32_t T : {0U, 1U, 15U, 16U, 17U, 300U}) {
        cases.push_back({T, 64, 8, 8});
        if (T < 100 || !small) cases.push_back({T, 7, 2, 4});
    }
    for (const auto kind : {rows::normal, rows::peaked, rows::large, rows::closed, rows::bad})
        for (const std::uint32_t E : {1U, 2U, 7U, 8U, 33U, 64U, 512U}) {
            const std::uint32_t T = small ? 20 : E == 512 ? 60 : 300;
            if (small && E == 33) continue;
            for (const std::uint32_t k : {1U, 7U, 8U, 16U})
                if (k <= E) cases.push_back({T, E, k, k, kind});
            if (E >= 7) cases.push_back({T, E, 1, 4, kind});
            if (E >= 64) cases.push_back({T, E, 6, 8, kind, 0.25});
            if (E >= 7) cases.push_back({T, E, E < 16 ? E : 15, E < 16 ? E : 15, kind, 3});
        }
    if (!small) cases.push_back({20000, 64, 8, 8});
    for (const auto& c : cases)
        for (const auto arithmetic : {subset_arithmetic::fp64, subset_arithmetic::fp32})
            run(c, arithmetic, rng);
    for (const auto* sum : {&of_fp64, &of_fp32})
        std::printf(
            "subsets %s: %llu of %llu tokens chosen otherwise than on the CPU; worst errors: "
            "weight %.1e, marginal %.1e, slope %.1e\n",
            sum == &of_fp64 ? "fp64" : "fp32", static_cast<unsigned long long>(sum->differ),
            static_cast<unsigned long long>(sum->tokens), sum->weights.value, sum->marginals.value,
            sum->slopes.value);
}

}  // namespace router_check

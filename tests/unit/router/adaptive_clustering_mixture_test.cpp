// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <moebius/base/random.hpp>
#include <moebius/router/adaptive_clustering.hpp>
#include <vector>

#include "catch.hpp"

using namespace moebius;

namespace {

using ids = std::vector<std::uint32_t>;

/// A Gaussian mixture: cluster k is centred on its own features, k * own to (k + 1) * own, tight
/// along them and loose along all others. Gates are the centres, as unit vectors.
struct mixture {
    static constexpr std::size_t experts = 4, own = 4, width = experts * own, tokens = 400;
    static constexpr double tight = 0.2, loose = 1.5;
    std::vector<double> h, gates;
    ids truth;

    explicit mixture(std::uint64_t seed)
        : h(tokens * width), gates(experts * width), truth(tokens) {
        for (std::size_t e = 0; e < experts; ++e)
            std::fill_n(gates.begin() + static_cast<std::ptrdiff_t>(e * width + e * own), own, 0.5);
        for (std::size_t t = 0; t < tokens; ++t) {
            const std::size_t k = t % experts;
            truth[t] = static_cast<std::uint32_t>(k);
            for (std::size_t q = 0; q < width; ++q) {
                const bool mine = q / own == k;
                h[t * width + q] = (mine ? 1 : 0) + (mine ? tight : loose) * normal(seed, t, q);
            }
        }
    }

    static double normal(std::uint64_t seed, std::size_t t, std::size_t q) {
        const auto w = random_words(seed, random_stream::mixture, q, static_cast<std::uint32_t>(t));
        return normal_pair(uniform(w[0]), uniform(w[1])).first;
    }

    /// The expert that a gate on scaled tokens chooses.
    [[nodiscard]] ids assigned(const std::vector<double>& scales) const {
        const auto logits = cluster_gate(h, scales, gates, width).logits;
        ids out(tokens);
        for (std::size_t t = 0; t < tokens; ++t) {
            const auto row = logits.begin() + static_cast<std::ptrdiff_t>(t * experts);
            out[t] = static_cast<std::uint32_t>(std::max_element(row, row + experts) - row);
        }
        return out;
    }

    [[nodiscard]] double missed(const ids& chosen) const {
        std::size_t count = 0;
        for (std::size_t t = 0; t < tokens; ++t) count += chosen[t] != truth[t] ? 1U : 0U;
        return static_cast<double>(count) / tokens;
    }
};

struct paired {
    double plain = 0, mean = 0, half_width = 0;  // of the difference; a 95 % interval
};

/// The mis-assignment rate with clusters less that of the plain gate, over 20 seeds.
template <typename Previous>
paired effect(const clustering_options& options, Previous previous) {
    constexpr std::size_t seeds = 20;
    std::vector<double> difference;
    paired out;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const mixture data(seed);
        const auto plain = data.assigned(std::vector<double>(data.h.size(), 1.0));
        const ids before = previous(data, plain);
        const auto w =
            dispersion_weights(data.h, mixture::width, before, mixture::experts, options);
        const auto clustered = data.assigned(token_scales(w, mixture::width, before));
        out.plain += data.missed(plain) / seeds;
        difference.push_back(data.missed(clustered) - data.missed(plain));
        out.mean += difference.back() / seeds;
    }
    double squares = 0;
    for (const double d : difference) squares += (d - out.mean) * (d - out.mean);
    out.half_width = 2.093 * std::sqrt(squares / (seeds - 1) / seeds);  // t of 19, 97.5 %
    return out;
}

}  // namespace

TEST_CASE("clusters known from before lower the share of tokens at the wrong expert",
          "[adaptive_clustering][oracle]") {
    const auto options = GENERATE(clustering_options::language(), clustering_options::swin());

    const auto found = effect(options, [](const mixture& data, const ids&) { return data.truth; });

    CAPTURE(found.plain, found.mean, found.half_width);
    CHECK(found.plain > 0.1);  // there is something to gain
    CHECK(found.mean + found.half_width < 0);
}

TEST_CASE("of which a fifth may be wrong: the gate is better than both its sources",
          "[adaptive_clustering][oracle]") {
    const auto options = GENERATE(clustering_options::language(), clustering_options::swin(),
                                  clustering_options::soft_moe());
    const double wrong = 0.2;

    const auto found = effect(options, [&](const mixture& data, const ids&) {
        ids before = data.truth;
        for (std::size_t t = 0; t < before.size(); ++t) {
            const auto w = random_words(9, random_stream::gate, 0, static_cast<std::uint32_t>(t));
            if (uniform(w[0]) < wrong) before[t] = (before[t] + 1 + w[1] % 3) % 4;
        }
        return before;
    });

    CAPTURE(found.plain, found.mean, found.half_width);
    CHECK(found.mean + found.half_width < 0);
    CHECK(found.plain + found.mean < wrong);
}

// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "device_check.cuh"

// What the checks of the routers share.

namespace router_check {

using namespace device_check;

/// The worst error against what is allowed, over all cases.
struct worst_error {
    double value = 0;
    void operator()(verdict& v, const char* what, double got, double want, double relative,
                    double absolute) {
        if (std::isnan(want) && std::isnan(got)) return;
        if (want == got) return;
        const double error = std::abs(got - want);
        const double allowed = relative * std::abs(want) + absolute;
        if (!(error <= allowed)) v.expect(false, what, got, want);
        value = std::max(value, error / std::max(std::abs(want), absolute / relative));
    }
};

/// Logits that hurt, by kind.
enum class rows { normal, peaked, large, closed, bad };
inline const char* name_of(rows kind) {
    constexpr const char* names[] = {"normal", "peaked", "large", "closed", "bad"};
    return names[static_cast<int>(kind)];
}

inline std::vector<float> draw_rows(rows kind, std::size_t T, std::size_t E, std::mt19937& rng) {
    std::normal_distribution<float> normal;
    std::vector<float> out(T * E);
    const float spread = kind == rows::peaked ? 8.0F : kind == rows::large ? 1e4F : 1.0F;
    for (float& x : out) x = spread * normal(rng);
    const auto infinity = std::numeric_limits<float>::infinity();
    if (kind == rows::closed)
        for (float& x : out)
            if (rng() % 3 == 0) x = -infinity;
    if (kind == rows::bad)
        for (std::size_t t = 0; t < T; ++t) {
            if (t % 5 == 1) out[t * E + rng() % E] = NAN;
            if (t % 5 == 2) out[t * E + rng() % E] = infinity;
            if (t % 5 == 3) std::fill_n(&out[t * E], E, -infinity);
        }
    return out;
}

void check_subsets(bool small, std::mt19937& rng);
void check_scalings(bool small, std::mt19937& rng);
void check_soft_moe(bool small, std::mt19937& rng);
void check_clusters(bool small, std::mt19937& rng);

}  // namespace router_check

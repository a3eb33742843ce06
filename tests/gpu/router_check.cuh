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

#include "../cuda_check.cuh"

// What the checks of the routers share.

namespace router_check {

inline constexpr unsigned char poison = 0xa5;
inline constexpr std::size_t guard = 256;  // bytes after each output that must stay poisoned

/// A device array, poisoned, with a guard behind it.
template <typename T>
struct device_array {
    T* data = nullptr;
    std::size_t size = 0;

    explicit device_array(std::size_t n) : size(n) {
        CHECK_CUDA(cudaMalloc(&data, n * sizeof(T) + guard));
        CHECK_CUDA(cudaMemset(data, poison, size * sizeof(T) + guard));
    }
    explicit device_array(const std::vector<T>& from) : device_array(from.size()) {
        if (size != 0)
            CHECK_CUDA(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice));
    }
    device_array(const device_array&) = delete;
    ~device_array() { cudaFree(data); }
    [[nodiscard]] std::vector<T> read() const {
        std::vector<T> out(size);
        if (size != 0)
            CHECK_CUDA(cudaMemcpy(out.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost));
        return out;
    }
    [[nodiscard]] bool guarded() const {
        std::vector<unsigned char> tail(guard);
        CHECK_CUDA(cudaMemcpy(tail.data(), data + size, guard, cudaMemcpyDeviceToHost));
        return std::all_of(tail.begin(), tail.end(), [](auto b) { return b == poison; });
    }
};

inline int passed = 0, failed = 0;

struct verdict {
    const std::string name;
    bool good = true;
    void expect(bool holds, const char* what, double a = 0, double b = 0) {
        if (holds) return;
        if (good) std::printf("FAILED %s: %s (%.9g, %.9g)\n", name.c_str(), what, a, b);
        good = false;
    }
    ~verdict() { ++(good ? passed : failed); }
};

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

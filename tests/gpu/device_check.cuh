// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "../cuda_check.cuh"

// What checks of device code share: arrays that show what was written, and a count of verdicts.

namespace device_check {

inline constexpr unsigned char poison = 0xa5;
inline constexpr std::size_t guard = 256;  // bytes after each output that must stay poisoned

/// A device array, poisoned, with a guard behind it.
template <typename T>
struct device_array {
    T* data = nullptr;
    std::size_t size = 0;

    explicit device_array(std::size_t n) : size(n) {
        CHECK_CUDA(cudaMalloc(&data, n * sizeof(T) + guard));
        fill_with_poison();
    }
    explicit device_array(const std::vector<T>& from) : device_array(from.size()) {
        if (size != 0)
            CHECK_CUDA(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice));
    }
    device_array(const device_array&) = delete;
    ~device_array() { cudaFree(data); }
    void fill_with_poison() { CHECK_CUDA(cudaMemset(data, poison, size * sizeof(T) + guard)); }
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

}  // namespace device_check

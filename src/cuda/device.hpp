// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moebius::gpu {

/// @throws device_error  naming the call, unless it succeeded
void check(cudaError_t status, std::string_view call);

/// Makes a device current and returns its name, "cuda:0 (NVIDIA H200)".
/// @throws device_error  if there is none of that number
[[nodiscard]] std::string open_device(int device);

/// Copies from memory to memory on the current device: backend::copy_rate.
[[nodiscard]] double copy_rate();

/// Time on the device's default stream between construction and `seconds`.
class device_timer {
public:
    device_timer();
    device_timer(const device_timer&) = delete;
    device_timer& operator=(const device_timer&) = delete;
    ~device_timer();
    /// @throws device_error  also for what failed in between
    [[nodiscard]] double seconds() const;

private:
    cudaEvent_t from_ = nullptr, to_ = nullptr;
};

/// Device memory that is given back when it goes.
template <typename T>
class device_array {
public:
    device_array() = default;
    explicit device_array(std::size_t size) : size_(size) {
        void* memory = nullptr;
        if (size > 0) check(cudaMalloc(&memory, size * sizeof(T)), "cudaMalloc");
        data_.reset(static_cast<T*>(memory));
    }
    explicit device_array(const std::vector<T>& from) : device_array(from.size()) { write(from); }

    [[nodiscard]] T* data() const noexcept { return data_.get(); }  ///< null if empty
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Copies to the elements from `first` on. Copies wait for what was launched on the default
    /// stream, and for nothing of other threads' own streams.
    void write(const std::vector<T>& from) const { write(from.data(), from.size()); }
    void write(const T* from, std::size_t count, std::size_t first = 0) const {
        copy(data() + first, from, count, cudaMemcpyHostToDevice);
    }

    /// Copies `count` elements from `first` on to the host.
    void read(T* to, std::size_t count, std::size_t first = 0) const {
        copy(to, data() + first, count, cudaMemcpyDeviceToHost);
    }

private:
    static void copy(T* to, const T* from, std::size_t count, cudaMemcpyKind kind) {
        if (count == 0) return;
        // a copy that has to wait for a kernel keeps other threads from the device meanwhile
        check(cudaStreamSynchronize(cudaStreamPerThread), "cudaStreamSynchronize");
        check(cudaMemcpyAsync(to, from, count * sizeof(T), kind, cudaStreamPerThread),
              "cudaMemcpyAsync");
        check(cudaStreamSynchronize(cudaStreamPerThread), "cudaStreamSynchronize");
    }

    struct give_back {
        void operator()(T* memory) const noexcept { cudaFree(memory); }
    };
    std::unique_ptr<T, give_back> data_;
    std::size_t size_ = 0;
};

/// Page-locked memory, which copies take no detour to. The process keeps it for the next taker, as
/// locking pages takes longer than copying them.
class staging {
public:
    static constexpr std::size_t bytes = std::size_t{1} << 20;

    staging();
    staging(const staging&) = delete;
    staging& operator=(const staging&) = delete;
    ~staging();

    template <typename T>
    [[nodiscard]] T* as() const noexcept {
        return static_cast<T*>(memory_);
    }

private:
    void* memory_ = nullptr;
};

}  // namespace moebius::gpu

// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace moebius::gpu {

/// @throws device_error  naming the call, unless it succeeded
void check(cudaError_t status, std::string_view call);

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

    /// Copies to the first elements.
    void write(const std::vector<T>& from) const {
        if (!from.empty())
            check(cudaMemcpy(data(), from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice),
                  "cudaMemcpy");
    }

    /// Copies the first `count` elements to the host.
    void read(T* to, std::size_t count) const {
        if (count > 0)
            check(cudaMemcpy(to, data(), count * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    }

private:
    struct give_back {
        void operator()(T* memory) const noexcept { cudaFree(memory); }
    };
    std::unique_ptr<T, give_back> data_;
    std::size_t size_ = 0;
};

}  // namespace moebius::gpu

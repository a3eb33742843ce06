// SPDX-License-Identifier: MIT
#include "device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>
#include <mutex>
#include <vector>

namespace moebius {

void gpu::check(cudaError_t status, std::string_view call) {
    if (status != cudaSuccess) throw device_error(call, cudaGetErrorString(status));
}

std::string gpu::open_device(int device) {
    if (const auto status = cudaSetDevice(device); status != cudaSuccess)
        throw device_error(
            fmt::format("device cuda:{}", device),
            fmt::format("{}; 'moebius doctor' tells what answers", cudaGetErrorString(status)));
    cudaDeviceProp about{};
    check(cudaGetDeviceProperties(&about, device), "cudaGetDeviceProperties");
    return fmt::format("cuda:{} ({})", device, about.name);
}

gpu::device_timer::device_timer() {
    check(cudaEventCreate(&from_), "cudaEventCreate");
    check(cudaEventCreate(&to_), "cudaEventCreate");
    check(cudaEventRecord(from_), "cudaEventRecord");
}

gpu::device_timer::~device_timer() {
    cudaEventDestroy(from_);
    cudaEventDestroy(to_);
}

double gpu::device_timer::seconds() const {
    float milliseconds = 0;
    check(cudaEventRecord(to_), "cudaEventRecord");
    check(cudaEventSynchronize(to_), "cudaEventSynchronize");
    check(cudaEventElapsedTime(&milliseconds, from_, to_), "cudaEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds);
}

double gpu::copy_rate() {
    constexpr std::size_t bytes = std::size_t{1} << 30;
    const device_array<char> from(bytes), to(bytes);
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 8; ++i) {
        const device_timer time;
        check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice),
              "cudaMemcpyAsync");
        best = std::min(best, time.seconds());
    }
    return 2.0 * bytes / best;
}

int detail::count_devices() noexcept {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

std::vector<std::string> describe_devices() {
    int count = 0;
    if (const auto status = cudaGetDeviceCount(&count); status != cudaSuccess)
        return {fmt::format("built in, but no device answers: {}", cudaGetErrorString(status))};
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
        cudaDeviceProp about{};
        gpu::check(cudaGetDeviceProperties(&about, i), "cudaGetDeviceProperties");
        lines.push_back(fmt::format("cuda:{} {}, compute capability {}.{}, {:.0f} GiB", i,
                                    about.name, about.major, about.minor,
                                    static_cast<double>(about.totalGlobalMem) / 0x1p30));
    }
    if (lines.empty()) lines.emplace_back("built in, but this machine has no device");
    return lines;
}

namespace {

std::mutex staging_mutex;
std::vector<void*> unused_staging;

}  // namespace

gpu::staging::staging() {
    const std::lock_guard lock(staging_mutex);
    if (unused_staging.empty()) {
        unused_staging.reserve(unused_staging.capacity() + 1);  // the destructor cannot throw
        check(cudaHostAlloc(&memory_, bytes, cudaHostAllocPortable), "cudaHostAlloc");
        return;
    }
    memory_ = unused_staging.back();
    unused_staging.pop_back();
}

gpu::staging::~staging() {
    const std::lock_guard lock(staging_mutex);
    unused_staging.push_back(memory_);
}

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include "device.hpp"

#include <fmt/format.h>

#include <moebius/base/error.hpp>
#include <moebius/simulate/backend.hpp>

namespace moebius {

void gpu::check(cudaError_t status, std::string_view call) {
    if (status != cudaSuccess) throw device_error(call, cudaGetErrorString(status));
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

}  // namespace moebius

// SPDX-License-Identifier: MIT
#include <moebius/backend/backend.hpp>
#include <moebius/base/error.hpp>

namespace moebius {

int detail::count_devices() noexcept { return 0; }

std::shared_ptr<const backend> detail::make_cuda_backend(int) {
    throw not_compiled("the CUDA backend", "MOEBIUS_CUDA");
}

std::shared_ptr<const backend> detail::make_many_devices(std::vector<int>) {
    throw not_compiled("the CUDA backend", "MOEBIUS_CUDA");
}

std::vector<std::string> describe_devices() { return {"not in this build: it had no nvcc"}; }

}  // namespace moebius

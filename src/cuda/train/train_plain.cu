// SPDX-License-Identifier: MIT
//
// Which kernel a launch takes: one of train_tiled.cu or train_plain_known.cu, written for some
// sizes, or the one for any.
#include "train/train_plain_kernel.cuh"

namespace moebius::gpu {
namespace {

constexpr std::size_t reserved = 1024;  ///< bytes of shared memory that the system keeps of a block

}  // namespace

std::size_t train_bytes(const training& work, bool inputs_too) {
    return plain_layout(work, inputs_too || work.layers > 1, 0).bytes;
}

cudaError_t launch_train_plain(const training& work, cudaStream_t stream) {
    int device = 0, most = 0, room = 0;
    auto status = cudaGetDevice(&device);
    const auto ask = [&](int& value, cudaDeviceAttr what) {
        if (status == cudaSuccess) status = cudaDeviceGetAttribute(&value, what, device);
    };
    ask(most, cudaDevAttrMaxSharedMemoryPerBlockOptin);
    ask(room, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    if (status != cudaSuccess) return status;
    const bool inputs_too = train_bytes(work, true) <= static_cast<std::size_t>(most);
    const std::size_t bytes = train_bytes(work, inputs_too);
    if (bytes > static_cast<std::size_t>(most)) return cudaErrorInvalidValue;
    const bool is_shared = 2 * (bytes + reserved) <= static_cast<std::size_t>(room);
    const plain_kernel known = is_shared ? nullptr : known_kernel(work);
    const plain_kernel kernel = known != nullptr  ? known
                                : work.layers > 1 ? train_plain<open_shape<true, 2>>
                                : inputs_too      ? train_plain<open_shape<true, 1>>
                                                  : train_plain<open_shape<false, 1>>;
    status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes));
    if (status != cudaSuccess) return status;
    kernel<<<work.runs, is_shared ? plain_threads : most_plain_threads, bytes, stream>>>(
        {work, {{work, inputs_too, 0}, {work, inputs_too, work.layers - 1}}});
    return cudaGetLastError();
}

cudaError_t launch_train(const training& work, train_kernel kernel, cudaStream_t stream) {
    if (work.runs == 0) return cudaSuccess;  // an empty grid is a launch error
    if (kernel == train_kernel::tiled || (kernel == train_kernel::automatic && is_tiled(work)))
        return launch_train_tiled(work, stream);
    return launch_train_plain(work, stream);
}

}  // namespace moebius::gpu

// SPDX-License-Identifier: MIT
#include "nccl.hpp"

#include <dlfcn.h>

#include <moebius/base/error.hpp>

namespace moebius::gpu {
namespace {

nccl_library load() {
    void* const library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr)
        throw device_error("several devices",
                           "libnccl.so.2 is not found: install NCCL, or name its folder in "
                           "LD_LIBRARY_PATH");
    const auto find = [library]<typename F>(F& function, const char* name) {
        function = reinterpret_cast<F>(dlsym(library, name));
        if (function == nullptr) throw device_error("libnccl.so.2", "it lacks a function of 2.x");
    };
    nccl_library out{};
    find(out.init_all, "ncclCommInitAll");
    find(out.all_reduce, "ncclAllReduce");
    find(out.abort, "ncclCommAbort");
    find(out.destroy, "ncclCommDestroy");
    find(out.message, "ncclGetErrorString");
    return out;
}

}  // namespace

void nccl_library::check(ncclResult_t status, std::string_view call) const {
    if (status != ncclSuccess) throw device_error(call, message(status));
}

const nccl_library& nccl() {
    static const nccl_library library = load();
    return library;
}

}  // namespace moebius::gpu

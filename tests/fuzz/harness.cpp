// SPDX-License-Identifier: MIT
#include "harness.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <moebius/base/error.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define MOEBIUS_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOEBIUS_HAS_ASAN 1
#endif
#endif

#ifdef MOEBIUS_HAS_ASAN
// Of sanitizer/allocator_interface.h, which g++ does not bring.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void*);
}
#endif

namespace moebius::fuzz {
namespace {

std::atomic<std::size_t> held{0};  ///< bytes, of all threads
std::atomic<std::size_t> most{0};  ///< that may be held; 0: no input is being read

#ifdef MOEBIUS_HAS_ASAN
void on_malloc(const volatile void*, std::size_t size) {
    if (most == 0) return;
    if (held.fetch_add(size) + size <= most) return;
    most = 0;  // the sentence allocates
    fault(fmt::format("allocation: {} bytes more make {} in all", size, held.load()));
}

void on_free(const volatile void* at) {
    if (most == 0 || at == nullptr) return;
    // what was held before the input may be freed during it
    const std::size_t size = __sanitizer_get_allocated_size(at);
    std::size_t now = held;
    while (!held.compare_exchange_weak(now, now - std::min(now, size))) continue;
}

[[maybe_unused]] const int hooked = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#endif

}  // namespace

memory_file::memory_file(std::string_view bytes)
    : descriptor_(::memfd_create("input", MFD_CLOEXEC)),
      path_(fmt::format("/proc/self/fd/{}", descriptor_)) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        require(written > 0, "the input could not be put into a file");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

memory_file::~memory_file() { ::close(descriptor_); }

void fault(std::string_view sentence) {
    std::fprintf(stderr, "FAULT: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
    std::abort();
}

std::string_view take_line(std::string_view& input) {
    const auto end = std::min(input.find('\n'), input.size());
    const auto line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return line;
}

bool asks_for_much(std::string_view text, double limit) {
    double product = 1, number = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        const bool after_digit = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
        if (after_digit && (text[i] == 'e' || text[i] == 'E')) return true;
        if (!is_digit) product *= std::max(number, 1.0);
        number = is_digit ? 10 * number + (text[i] - '0') : 0;
    }
    return product * std::max(number, 1.0) > limit;
}

}  // namespace moebius::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moebius::fuzz;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    held = 0;
    most = std::max(allocation_floor, 64 * size);
    try {
        read_one(input);
    } catch (const moebius::error& answer) {
        require(*answer.what() != '\0', "an error without a sentence");
    }
    most = 0;
    return 0;
}

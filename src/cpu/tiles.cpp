// SPDX-License-Identifier: MIT
//
// Products of bfloat16 in tiles of 16 x 16 (AMX), which Highway does not have.
#include <cstring>
#include <iterator>
#include <numeric>

#include "products.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace moebius {
namespace {

/// What the processor says, and the system: tiles need its leave, for their 8 KiB a thread.
bool tiles_allowed() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned bf16 = 1U << 22, tile = 1U << 24, avx512_bf16 = 1U << 5;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & bf16) == 0 || (d & tile) == 0)
        return false;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & avx512_bf16) == 0) return false;
    constexpr long ask_for_state = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, of asm/prctl.h
    return syscall(SYS_arch_prctl, ask_for_state, tile_data) == 0;
}

struct alignas(64) tile_shapes {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t bytes_of_row[16] = {};
    std::uint8_t rows[16] = {};
};

#define MOEBIUS_TILES __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bf16")))

/// 32 tokens and 16 or 32 experts: tiles 0 to 3 sum, 4 and 5 hold tokens, 6 and 7 the gate.
template <bool two>
MOEBIUS_TILES void multiply_group(const std::uint16_t* tokens, const std::uint32_t* pairs,
                                  std::size_t stride, std::size_t rows, float* logits) {
    const std::size_t bytes = stride * sizeof(std::uint16_t), out = rows * sizeof(float);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (std::size_t i = 0; i < stride; i += 32) {
        const std::uint32_t* gate = pairs + i / 2 * 16;
        _tile_loadd(4, tokens + i, bytes);
        _tile_loadd(5, tokens + 16 * stride + i, bytes);
        _tile_loadd(6, gate, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (two) {
            _tile_loadd(7, gate + stride / 2 * 16, 64);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, logits, out);
    _tile_stored(2, logits + 16 * rows, out);
    if constexpr (two) {
        _tile_stored(1, logits + 16, out);
        _tile_stored(3, logits + 16 * rows + 16, out);
    }
}

MOEBIUS_TILES float square_of_halves(const std::uint16_t* token, std::size_t stride) {
    __m512 sum[4]{_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                  _mm512_setzero_ps()};  // each waits for itself alone
    for (std::size_t i = 0; i < stride; i += 32) {
        __m512bh x;
        std::memcpy(&x, token + i, sizeof x);
        sum[i / 32 % 4] = _mm512_dpbf16_ps(sum[i / 32 % 4], x, x);
    }
    float parts[16];
    _mm512_storeu_ps(parts,
                     _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
    return std::accumulate(std::begin(parts), std::end(parts), 0.0F);
}

}  // namespace

bool have_tiles() {
    static const bool allowed = tiles_allowed();
    return allowed;
}

MOEBIUS_TILES void multiply_tiles(const packed_batch& batch, const std::uint32_t* pairs,
                                  std::size_t first, float* logits, float* squares) {
    tile_shapes shapes;
    for (int i = 0; i < 8; ++i) {
        shapes.bytes_of_row[i] = 64;
        shapes.rows[i] = 16;
    }
    _tile_loadconfig(&shapes);
    const auto* tokens = batch.halves.data() + first * batch.stride;
    for (std::size_t t = 0; t < block_of_tokens; ++t)  // first, as it reads in order
        squares[t] = square_of_halves(tokens + t * batch.stride, batch.stride);
    for (std::size_t e = 0; e < batch.rows; e += 32) {
        const auto* gate = pairs + e * (batch.stride / 2);
        if (e + 16 < batch.rows)
            multiply_group<true>(tokens, gate, batch.stride, batch.rows, logits + e);
        else
            multiply_group<false>(tokens, gate, batch.stride, batch.rows, logits + e);
    }
    _tile_release();
}

}  // namespace moebius

#else

namespace moebius {

bool have_tiles() { return false; }
void multiply_tiles(const packed_batch& batch, const std::uint32_t*, std::size_t first,
                    float* logits, float* squares) {
    multiply(batch, first, logits, squares);
}

}  // namespace moebius
#endif

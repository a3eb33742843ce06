// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

// A plain tiled matrix product in single precision, for factors that are computed as they are read.
namespace moebius::gpu {

inline constexpr int product_threads = 256;
inline constexpr std::uint32_t product_rows = 64;  // of a tile of the result
inline constexpr std::uint32_t product_depth = 16;

/// put(split, i, q, sum over the split's k of a(i, k) b(k, q)) for i < rows, q < columns.
///
/// a and b give 0 outside their matrices. `a_rows`: neighbours in memory are rows of a, not
/// columns; `b_columns` alike. A thread holds 4 rows and tile_columns / 16 columns of the tile.
/// Grid: (column tiles, row tiles, splits of `depth` in parts of `of_split`).
template <int tile_columns, bool a_rows, bool b_columns, typename A, typename B, typename Put>
__global__ void __launch_bounds__(product_threads)
    tiled_product(A a, B b, Put put, std::uint32_t rows, std::uint32_t columns, std::uint32_t depth,
                  std::uint32_t of_split) {
    constexpr int mine = tile_columns / 16, together = mine < 4 ? mine : 4;
    constexpr int a_loads = product_rows * product_depth / product_threads;
    constexpr int b_loads = tile_columns * product_depth / product_threads;
    __shared__ __align__(16) float as[product_depth][product_rows + 4];
    __shared__ __align__(16) float bs[product_depth][tile_columns + 4];
    const std::uint32_t row = blockIdx.y * product_rows, column = blockIdx.x * tile_columns;
    const std::uint32_t from = blockIdx.z * of_split;
    const std::uint32_t to = from + of_split < depth ? from + of_split : depth;
    const int x = threadIdx.x % 16, y = threadIdx.x / 16;
    const auto place = [](int n, int fast, int& i, int& j) {
        const int at = static_cast<int>(threadIdx.x) + n * product_threads;
        i = at % fast, j = at / fast;
    };
    float a_next[a_loads], b_next[b_loads], sum[4][mine] = {};
    const auto read = [&](std::uint32_t k) {
#pragma unroll
        for (int n = 0; n < a_loads; ++n) {
            int i, j;
            place(n, a_rows ? product_rows : product_depth, i, j);
            const int r = a_rows ? i : j, c = a_rows ? j : i;
            a_next[n] = k + c < to ? a(row + r, k + c) : 0;
        }
#pragma unroll
        for (int n = 0; n < b_loads; ++n) {
            int i, j;
            place(n, b_columns ? tile_columns : product_depth, i, j);
            const int r = b_columns ? j : i, c = b_columns ? i : j;
            b_next[n] = k + r < to ? b(k + r, column + c) : 0;
        }
    };
    read(from);
    for (std::uint32_t k = from; k < to; k += product_depth) {
#pragma unroll
        for (int n = 0; n < a_loads; ++n) {
            int i, j;
            place(n, a_rows ? product_rows : product_depth, i, j);
            as[a_rows ? j : i][a_rows ? i : j] = a_next[n];
        }
#pragma unroll
        for (int n = 0; n < b_loads; ++n) {
            int i, j;
            place(n, b_columns ? tile_columns : product_depth, i, j);
            bs[b_columns ? j : i][b_columns ? i : j] = b_next[n];
        }
        __syncthreads();
        if (k + product_depth < to) read(k + product_depth);
#pragma unroll
        for (int c = 0; c < static_cast<int>(product_depth); ++c) {
            const float4 left = *reinterpret_cast<const float4*>(&as[c][4 * y]);
            float right[mine];
#pragma unroll
            for (int q = 0; q < mine; ++q)
                right[q] = bs[c][q / together * 64 + x * together + q % together];
#pragma unroll
            for (int q = 0; q < mine; ++q) {
                sum[0][q] = fmaf(left.x, right[q], sum[0][q]);
                sum[1][q] = fmaf(left.y, right[q], sum[1][q]);
                sum[2][q] = fmaf(left.z, right[q], sum[2][q]);
                sum[3][q] = fmaf(left.w, right[q], sum[3][q]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < 4; ++r)
#pragma unroll
        for (int q = 0; q < mine; ++q) {
            const std::uint32_t i = row + 4 * y + r;
            const std::uint32_t j = column + q / together * 64 + x * together + q % together;
            if (i < rows && j < columns) put(blockIdx.z, i, j, sum[r][q]);
        }
}

}  // namespace moebius::gpu

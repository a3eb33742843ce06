// SPDX-License-Identifier: MIT
#pragma once

// What a block of train_plain.cu keeps in shared memory.

#include <algorithm>

#include "train/train_step.cuh"

namespace moebius::gpu {

/// Of a block that shares its multiprocessor with another, and of one that has it for itself.
inline constexpr int plain_threads = 256, most_plain_threads = 576;

/// Sorted rows of one expert: row, row + 1, ..., those from end on are not there.
struct plain_tile {
    int expert, row, end;
    __device__ int at(int r) const { return min(row + r, end - 1); }
    __device__ bool has(int r) const { return row + r < end; }
};
/// Of a thread's tile: each number that is read from shared memory, which is what these loops wait
/// for, serves all rows or all units.
inline constexpr int tile_rows = 4, tile_units = 2;

/// Where the arrays of a block begin, in bytes, as one of its layers sees them. An example has a
/// row for each of its k experts, R of all at most. Sorted: in the order of the experts.
///
/// Two layers: the inputs become those of the second layer and are fetched once more, by_hidden
/// serves one layer after the other, and by_inputs lies where the second layer's units were.
struct plain_layout {
    // of the model and its batch
    std::uint32_t parameters, x, by_hidden, losses, loss, right, descend, rows, label, hit,
        by_inputs, shares;
    // of each layer
    std::uint32_t scores, records, hidden, slope, by_out, by_gates, by_logits, example, place,
        counts, begins, tile_begins, tiles, chosen;
    std::size_t bytes;

    plain_layout(const training& w, bool inputs_too, std::uint32_t layer) {
        const std::size_t b = w.batch, e = w.experts, r = b * w.k, units = r * unit_stride(w);
        std::size_t at = 0;
        const auto take = [&at](std::size_t size, std::size_t count) {
            const std::size_t from = at;
            at += (size * count + 15) / 16 * 16;
            return static_cast<std::uint32_t>(from);  // where all fit
        };
        for (std::uint32_t l = 0; l < w.layers; ++l) {
            const auto mine = [&](std::uint32_t& here, std::size_t size, std::size_t count) {
                const std::uint32_t from = take(size, count);
                if (l == layer) here = from;
            };
            const bool last = l + 1 == w.layers;
            mine(scores, sizeof(double), e);                // (E)
            mine(records, sizeof(expert_record), e);        // (E)
            if (!last) mine(hidden, sizeof(float), units);  // (R, unit_stride), sorted
            // (R, unit_stride), sorted: slopes that units do not tell
            mine(slope, sizeof(float), !last && w.gelu ? units : 0);
            mine(by_out, sizeof(float), last ? r * w.classes : 0);  // (R, C), sorted
            mine(by_gates, sizeof(float), r);                       // (R), sorted
            mine(by_logits, sizeof(float), b * e);                  // (B, E)
            mine(example, sizeof(std::uint32_t), r);                // (R), sorted: which one
            mine(place, sizeof(std::uint32_t), r);  // (B, k): an example's sorted rows
            mine(counts, sizeof(int), e + 1);       // (E + 1), the unrouted last
            mine(begins, sizeof(int), e + 1);       // (E + 1), the end of all last
            mine(tile_begins, sizeof(int), e + 1);  // (E + 1), the end of all last
            mine(tiles, sizeof(plain_tile), r / tile_rows + e);
            mine(chosen, sizeof(std::uint16_t), b);  // (B): a bit for each expert, 0 for none
        }
        parameters = take(sizeof(float), w.parameter_count);      // (P)
        x = take(sizeof(float), inputs_too ? b * stride(w) : 0);  // (B, stride)
        by_hidden = take(sizeof(float), units);                   // (R, unit_stride), sorted
        by_inputs = take(sizeof(float), w.layers == 1 ? units : std::max(units, b * stride(w)));
        if (layer + 1 == w.layers) hidden = by_inputs;  // (R, unit_stride); by_inputs: (B, stride)
        losses = take(sizeof(float), b);                // (B)
        loss = take(sizeof(float), 1);                  // mean of the batch
        right = take(sizeof(int), 1);                   // of the batch
        descend = take(sizeof(descent), 1);             // how parameters move
        rows = take(sizeof(std::uint32_t), b);          // (B) of the data
        shares = take(sizeof(float), w.layers == 1 ? 0 : r);  // (R), sorted: of the first layer
        label = take(1, b);                                   // (B)
        hit = take(1, b);                                     // (B): 1 for an example that is right
        bytes = at;
    }
    /// Of inputs in shared memory: rows 16 bytes apart in the banks.
    __host__ __device__ static std::size_t stride(const training& w) { return w.input_stride + 4; }
    /// Of units: an odd number, so that a unit's rows lie in different banks.
    __host__ __device__ static std::size_t unit_stride(const training& w) { return w.hidden | 1; }
};

/// What a kernel is started with.
struct plain_work {
    training of;
    plain_layout at[2];  ///< as each layer sees the block
};

}  // namespace moebius::gpu

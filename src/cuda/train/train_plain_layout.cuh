// SPDX-License-Identifier: MIT
#pragma once

// What a block of train_plain.cu keeps in shared memory.

#include "train/train_step.cuh"

namespace moebius::gpu {

/// Of a block that shares its multiprocessor with another, and of one that has it for itself.
inline constexpr int plain_threads = 256, most_plain_threads = 576;

/// Where the arrays of a block begin, in bytes. An example has a row for each of its k experts, R
/// of all at most. Sorted: in the order of the experts.
struct plain_layout {
    std::size_t scores, records, loss, parameters, x, hidden, by_hidden, by_out, by_gates,
        by_logits, losses, descend, rows, example, place, counts, chosen, label, right, bytes;

    __host__ __device__ plain_layout(const training& w, bool inputs_too) {
        const std::size_t b = w.batch, e = w.experts, r = b * w.k;
        std::size_t at = 0;
        const auto take = [&at](std::size_t size, std::size_t count) {
            const std::size_t from = at;
            at += (size * count + 15) / 16 * 16;
            return from;
        };
        scores = take(sizeof(double), e);                         // (E)
        records = take(sizeof(expert_record), e);                 // (E)
        parameters = take(sizeof(float), w.parameter_count);      // (P)
        x = take(sizeof(float), inputs_too ? b * stride(w) : 0);  // (B, stride)
        hidden = take(sizeof(float), r * unit_stride(w));         // (R, unit_stride), sorted
        by_hidden = take(sizeof(float), r * unit_stride(w));      // (R, unit_stride), sorted
        by_out = take(sizeof(float), r * w.classes);              // (R, C), sorted
        by_gates = take(sizeof(float), r);                        // (R), sorted
        by_logits = take(sizeof(float), b * e);                   // (B, E)
        losses = take(sizeof(float), b);                          // (B)
        loss = take(sizeof(float), 1);                            // mean of the batch
        descend = take(sizeof(descent), 1);                       // how parameters move
        rows = take(sizeof(std::uint32_t), b);                    // (B) of the data
        example = take(sizeof(std::uint32_t), r);                 // (R), sorted: which one
        place = take(sizeof(std::uint32_t), r);   // (B, k): an example's sorted rows
        counts = take(sizeof(int), e + 2);        // (E + 1), the unrouted last; right
        chosen = take(sizeof(std::uint16_t), b);  // (B): a bit for each expert, 0 for none
        label = take(1, b);                       // (B)
        right = take(1, b);                       // (B)
        bytes = at;
    }
    /// Of inputs in shared memory: rows 16 bytes apart in the banks.
    __host__ __device__ static std::size_t stride(const training& w) { return w.input_stride + 4; }
    /// Of units: an odd number, so that a unit's rows lie in different banks.
    __host__ __device__ static std::size_t unit_stride(const training& w) { return w.hidden | 1; }
};

}  // namespace moebius::gpu

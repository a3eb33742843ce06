// SPDX-License-Identifier: MIT
#pragma once

// What a block of train_plain.cu keeps in shared memory.

#include "train/train_step.cuh"

namespace moebius::gpu {

inline constexpr int plain_threads = 256;

/// Where the arrays of a block begin, in bytes. Sorted: in the order of the experts, the unrouted
/// last.
struct plain_layout {
    std::size_t scores, records, loss, parameters, x, hidden, by_hidden, by_out, by_logits, losses,
        descend, rows, example, counts, choice, label, right, bytes;

    __host__ __device__ plain_layout(const training& w, bool inputs_too) {
        const std::size_t b = w.batch, e = w.experts;
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
        hidden = take(sizeof(float), b * w.hidden);               // (B, H), sorted
        by_hidden = take(sizeof(float), b * w.hidden);            // (B, H), sorted
        by_out = take(sizeof(float), b * w.classes);              // (B, C), sorted
        by_logits = take(sizeof(float), b * e);                   // (B, E)
        losses = take(sizeof(float), b);                          // (B), sorted
        loss = take(sizeof(float), 1);                            // mean of the batch
        descend = take(sizeof(descent), 1);                       // how parameters move
        rows = take(sizeof(std::uint32_t), b);                    // (B) of the data
        example = take(sizeof(std::uint32_t), b);                 // (B), sorted: which one
        counts = take(sizeof(int), e + 2);  // (E + 1), the unrouted last; right
        choice = take(1, b);                // (B), E for none
        label = take(1, b);                 // (B)
        right = take(1, b);                 // (B), sorted
        bytes = at;
    }
    /// Of inputs in shared memory: rows 16 bytes apart in the banks.
    __host__ __device__ static std::size_t stride(const training& w) { return w.input_stride + 4; }
};

}  // namespace moebius::gpu

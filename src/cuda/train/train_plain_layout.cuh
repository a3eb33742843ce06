// SPDX-License-Identifier: MIT
#pragma once

// What a block of train_plain_kernel.cuh keeps in shared memory.

#include <algorithm>

#include "train/train_step.cuh"

namespace moebius::gpu {

/// Of a block that shares its multiprocessor with another, and of one that has it for itself.
inline constexpr int plain_threads = 288, most_plain_threads = 576;

/// Sorted rows of one expert: row, row + 1, ..., those from end on are not there.
struct plain_tile {
    int expert, row, end;
    bool there;  ///< else a lane has none, and takes the numbers of this one
    __device__ int at(int r) const { return min(row + r, end - 1); }
    __device__ bool has(int r) const { return there && row + r < end; }
};
/// Of a thread's tile, by four columns.
inline constexpr int tile_rows = 4;

constexpr std::size_t whole_pieces(std::size_t columns) { return (columns + 3) / 4 * 4; }

/// Rows of numbers in pieces of four, which 16-byte loads take, the last filled up with zeros.
/// Pieces change places with the row, so that one piece of eight rows lies in all banks.
struct piece_rows {
    int pieces, shift = 3, mask = 0;

    constexpr explicit piece_rows(std::size_t columns)
        : pieces(static_cast<int>(whole_pieces(columns) / 4)) {
        for (; shift > 0 && (pieces >> (3 - shift)) % 2 == 0; --shift) mask = 2 * mask + 1;
    }
    constexpr int stride() const { return 4 * pieces; }
    /// Row r has piece q at q ^ swap(r); swap(4 n + i) = swap(4 n) ^ swap(i) for i < 4.
    __device__ int swap(int row) const { return row >> shift & mask; }
    __device__ int piece(int row, int q) const { return 4 * (row * pieces + (q ^ swap(row))); }
    __device__ int at(int row, int column) const { return piece(row, column / 4) + column % 4; }
};

/// Where a layer's numbers begin: its gate's (d, E) and (E), its first expert's (d, H), (H), (H, C)
/// and (C), and how far apart its experts are.
struct parameter_places {
    std::uint32_t gate, experts, each;
};

/// Where the arrays of a block begin, in bytes, as one of its layers sees them. An example has a
/// row for each of its k experts, R of all at most. Sorted: in the order of the experts. Columns
/// and rows of parameters are filled up to multiples of four with zeros, which steps keep.
///
/// Two layers: the inputs become those of the second layer and are fetched once more, by_hidden
/// serves one layer after the other, and by_inputs lies where the second layer's units were.
struct plain_layout {
    piece_rows gates, units, outputs;  ///< E, H and C numbers a row
    parameter_places flat{}, here;     ///< in a run's parameters; from `parameters` on
    // of the model and its batch
    std::uint32_t parameters, x, by_hidden, losses, loss, right, descend, rows, label, hit,
        by_inputs, shares;
    // of each layer
    std::uint32_t scores, records, hidden, slope, by_out, by_gates, by_logits, example, place,
        counts, begins, tile_begins, tiles, chosen;
    std::uint32_t parameter_count;  ///< in the block: of all layers
    std::size_t bytes;

    constexpr plain_layout(const training& w, bool inputs_too, std::uint32_t layer)
        : gates(w.experts), units(w.hidden), outputs(outputs_of(w, layer)) {
        const std::size_t b = w.batch, e = w.experts, r = b * w.k, all_units = r * units.stride();
        std::size_t at = 0;
        const auto take = [&at](std::size_t size, std::size_t count) {
            const std::size_t from = at;
            at += (size * count + 15) / 16 * 16;
            return static_cast<std::uint32_t>(from);  // where all fit
        };
        for (std::uint32_t l = 0; l < w.layers; ++l) {
            const auto mine = [&](std::uint32_t& to, std::size_t size, std::size_t count) {
                const std::uint32_t from = take(size, count);
                if (l == layer) to = from;
            };
            const bool last = l + 1 == w.layers;
            const std::size_t out = whole_pieces(w.classes);
            mine(scores, sizeof(double), e);                    // (E)
            mine(records, sizeof(expert_record), e);            // (E)
            if (!last) mine(hidden, sizeof(float), all_units);  // (R, units), sorted
            // (R, units), sorted: slopes that units do not tell
            mine(slope, sizeof(float), !last && w.gelu ? all_units : 0);
            mine(by_out, sizeof(float), last ? r * out : 0);     // (R, outputs), sorted
            mine(by_gates, sizeof(float), r);                    // (R), sorted
            mine(by_logits, sizeof(float), b * gates.stride());  // (B, gates)
            mine(example, sizeof(std::uint32_t), r);             // (R), sorted: which one
            mine(place, sizeof(std::uint32_t), r);               // (B, k): an example's sorted rows
            mine(counts, sizeof(int), e + 1);                    // (E + 1), the unrouted last
            mine(begins, sizeof(int), e + 1);                    // (E + 1), the end of all last
            mine(tile_begins, sizeof(int), e + 1);               // (E + 1), the end of all last
            mine(tiles, sizeof(plain_tile), r / tile_rows + e);
            mine(chosen, sizeof(std::uint16_t), b);  // (B): a bit for each expert, 0 for none
        }
        place_parameters(w, layer);
        parameters = take(sizeof(float), parameter_count);
        x = take(sizeof(float), inputs_too ? b * stride(w) : 0);  // (B, stride)
        by_hidden = take(sizeof(float), all_units);               // (R, units), sorted
        by_inputs =
            take(sizeof(float), w.layers == 1 ? all_units : std::max(all_units, b * stride(w)));
        if (layer + 1 == w.layers) hidden = by_inputs;        // (R, units); by_inputs: (B, stride)
        losses = take(sizeof(float), b);                      // (B)
        loss = take(sizeof(float), 1);                        // mean of the batch
        right = take(sizeof(int), 1);                         // of the batch
        descend = take(sizeof(descent), 1);                   // how parameters move
        rows = take(sizeof(std::uint32_t), b);                // (B) of the data
        shares = take(sizeof(float), w.layers == 1 ? 0 : r);  // (R), sorted: of the first layer
        label = take(1, b);                                   // (B)
        hit = take(1, b);                                     // (B): 1 for an example that is right
        bytes = at;
    }
    /// Of inputs in shared memory: an odd number of pieces.
    static constexpr std::size_t stride(const training& w) { return (w.input_stride / 4 | 1) * 4; }

private:
    static constexpr std::uint32_t outputs_of(const training& w, std::uint32_t layer) {
        return layer + 1 == w.layers ? w.classes : w.width;
    }
    constexpr void place_parameters(const training& w, std::uint32_t layer) {
        const auto count = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
        const std::size_t d = w.width, h = w.hidden, e = w.experts;
        std::size_t from = 0, to = 0;
        for (std::uint32_t l = 0; l < w.layers; ++l) {
            const std::size_t c = outputs_of(w, l), columns = whole_pieces(c);
            const std::size_t each = (d + 1) * h + (h + 1) * c;
            const std::size_t each_here =
                (w.input_stride + 1) * whole_pieces(h) + (whole_pieces(h) + 1) * columns;
            const std::size_t gate_here = (w.input_stride + 1) * whole_pieces(e);
            if (l == layer) {
                flat = {count(from), count(from + (d + 1) * e), count(each)};
                here = {count(to), count(to + gate_here), count(each_here)};
            }
            from += (d + 1) * e + e * each;
            to += gate_here + e * each_here;
        }
        parameter_count = count(to);
    }
};

/// What a kernel is started with.
struct plain_work {
    training of;
    plain_layout at[2];  ///< as each layer sees the block
};

}  // namespace moebius::gpu

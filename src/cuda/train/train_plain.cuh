// SPDX-License-Identifier: MIT
#pragma once

// The block of train_plain.cu and the parts of a step. Each part is the CPU's loop with its outputs
// dealt out to threads; between two parts all threads meet.

#include "train/train_plain_layout.cuh"

namespace moebius::gpu {

constexpr int most_experts = 16;  ///< that a mask of an example's has bits for

/// Sorted rows of one expert: row, row + 1, ..., those from end on are not there.
struct plain_tile {
    int expert, row, end;
    __device__ int at(int r) const { return min(row + r, end - 1); }
    __device__ bool has(int r) const { return row + r < end; }
};
/// Of a thread's tile: each number that is read from shared memory, which is what these loops wait
/// for, serves all rows or all units.
constexpr int tile_rows = 8, tile_units = 2;

/// @tparam InputsToo  the batch's inputs are in shared memory
template <bool InputsToo>
class plain_block {
public:
    __device__ plain_block(const training& work, std::uint32_t id, unsigned char* memory)
        : w_(work),
          run_(work.each[id]),
          id_(id),
          at_(work, InputsToo),
          memory_(memory),
          B_(static_cast<int>(work.batch)),
          d_(static_cast<int>(work.width)),
          H_(static_cast<int>(work.hidden)),
          C_(static_cast<int>(work.classes)),
          E_(static_cast<int>(work.experts)),
          k_(static_cast<int>(work.k)),
          maps_(d_ * H_ + H_ + H_ * C_ + C_) {}

    template <typename T>
    __device__ T* array(std::size_t at) const {
        return reinterpret_cast<T*>(memory_ + at);
    }
    __device__ float* parameters() const { return array<float>(at_.parameters); }
    __device__ double* scores() const { return array<double>(at_.scores); }

    /// The batch of simulate/training.hpp.
    __device__ void draw(std::uint64_t t) const {
        for (int i = thread(); i < B_; i += threads()) {
            const std::uint32_t row = example(run_, t, static_cast<std::uint32_t>(i));
            array<std::uint32_t>(at_.rows)[i] = row;
            array<std::uint8_t>(at_.label)[i] = w_.labels[row];
        }
    }

    __device__ void gather() const {
        if constexpr (!InputsToo) return;
        const int pieces = static_cast<int>(w_.input_stride / 4);
        for (int k = thread(); k < B_ * pieces; k += threads()) {
            const int i = k / pieces, piece = k % pieces;
            const std::size_t row = array<std::uint32_t>(at_.rows)[i];
            reinterpret_cast<float4*>(array<float>(at_.x) + i * plain_layout::stride(w_))[piece] =
                reinterpret_cast<const float4*>(w_.inputs + row * w_.input_stride)[piece];
        }
    }

    /// logits = x W + b.
    __device__ void multiply_gate() const {
        const float *w = parameters(), *b = w + d_ * E_;
        for (int at = thread(); at < B_ * E_; at += threads()) {
            const int e = at % E_;
            const float* x = input(at / E_);
            float sum = 0;
            for (int k = 0; k < d_; ++k) sum = fmaf(x[k], w[k * E_ + e], sum);
            by_logits()[at] = sum + b[e];
        }
    }

    /// top_k_router::route: z = beta (logit + score), softmax, the k largest.
    __device__ void route(std::uint64_t t) const {
        const auto beta = static_cast<float>(run_.beta);
        for (int i = thread(); i < B_; i += threads()) {
            float* const z = by_logits() + i * E_;
            row_range range;
            for (int e = 0; e < E_; ++e) range.take(z[e]);
            const auto token = static_cast<std::uint32_t>(i);
            unsigned mask = 0;
            if (range.routable() && w_.gumbel && E_ == 2 && k_ == 1)
                mask = 1U << choice_of_two(run_, scores(), t, token, z[0], z[1]);
            float top = -INFINITY, sum = 0;
            for (int e = 0; e < E_; ++e) {
                z[e] = beta * (z[e] + static_cast<float>(scores()[e]));
                top = fmaxf(top, z[e]);
            }
            if (range.routable() && mask == 0) mask = largest(z, t, token);
            for (int e = 0; e < E_; ++e) sum += z[e] = expf(z[e] - top);
            for (int e = 0; e < E_; ++e) z[e] = mask == 0 ? 0 : z[e] / sum;
            array<std::uint16_t>(at_.chosen)[i] = static_cast<std::uint16_t>(mask);
        }
    }

    /// mark_largest of router/rows.hpp: the k experts of the largest z, with noise if there is any.
    __device__ unsigned largest(const float* z, std::uint64_t t, std::uint32_t token) const {
        float value[most_experts];
        token_noise noise(run_, t, token);
#pragma unroll
        for (int e = 0; e < most_experts; ++e)
            value[e] = e >= E_ ? -INFINITY : w_.gumbel ? z[e] + noise.of(e) : z[e];
        unsigned mask = 0;
        for (int j = 0; j < k_; ++j) {
            float best = -INFINITY;
            unsigned bit = 0;
#pragma unroll
            for (int e = 0; e < most_experts; ++e)
                if (value[e] > best && !(mask >> e & 1)) best = value[e], bit = 1U << e;
            mask |= bit;
        }
        return mask;
    }

    /// Examples of each expert, a warp for each.
    __device__ void count() const {
        for (int e = warp(); e <= E_; e += threads() / 32) {
            int sum = 0;
            for (int i = 0; i < B_; i += 32) sum += __popc(who(i, e));
            if (lane() == 0) counts()[e] = sum;
        }
    }

    /// A stable counting sort by expert.
    __device__ void sort() const {
        for (int e = warp(); e < E_; e += threads() / 32) {
            int begin = first(e);
            for (int i = 0; i < B_; i += 32) {
                const unsigned sent = who(i, e);
                if (sent >> lane() & 1) {
                    const int mine = i + lane(), row = begin + __popc(sent & ((1U << lane()) - 1));
                    const int before = __popc(chosen(mine) & ((1U << e) - 1));
                    array<std::uint32_t>(at_.example)[row] = static_cast<std::uint32_t>(mine);
                    array<std::uint32_t>(at_.place)[mine * k_ + before] =
                        static_cast<std::uint32_t>(row);
                }
                begin += __popc(sent);
            }
        }
    }

    /// hidden = act(x W1 + b1), and the slope of act in by_hidden: a tile's two units a thread.
    /// Four features at a time, as inputs are padded with zeros to a multiple of four.
    __device__ void multiply_w1() const {
        for_tiles<tile_rows>(half(), [this](const plain_tile& tile, int first) {
            const float* const w1 = expert(tile.expert);
            const int units[tile_units] = {first, min(first + half(), H_ - 1)};
            const float* x[tile_rows];
            float sum[tile_rows][tile_units];
#pragma unroll
            for (int r = 0; r < tile_rows; ++r) {
                x[r] = sorted_input(tile.at(r));
                for (int u = 0; u < tile_units; ++u) sum[r][u] = w1[d_ * H_ + units[u]];
            }
            for (int k = 0; k < d_; k += 4) {
                float w[4][tile_units];
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    for (int u = 0; u < tile_units; ++u)
                        w[i][u] = w1[min(k + i, d_ - 1) * H_ + units[u]];
#pragma unroll
                for (int r = 0; r < tile_rows; ++r) {
                    const float4 in = *reinterpret_cast<const float4*>(x[r] + k);
                    for (int u = 0; u < tile_units; ++u) {
                        sum[r][u] = fmaf(in.x, w[0][u], sum[r][u]);
                        sum[r][u] = fmaf(in.y, w[1][u], sum[r][u]);
                        sum[r][u] = fmaf(in.z, w[2][u], sum[r][u]);
                        sum[r][u] = fmaf(in.w, w[3][u], sum[r][u]);
                    }
                }
            }
#pragma unroll
            for (int r = 0; r < tile_rows; ++r)
                for (int u = 0; u < tile_units; ++u)
                    if (tile.has(r)) {
                        const auto unit = activate(w_.gelu, sum[r][u]);
                        hidden(tile.row + r)[units[u]] = unit.value;
                        by_hidden(tile.row + r)[units[u]] = unit.slope;
                    }
        });
    }

    /// out = hidden W2 + b2, into by_out: four rows of a class a thread.
    __device__ void multiply_w2() const {
        for_tiles<4>(C_, [this](const plain_tile& tile, int c) {
            const float* const w2 = expert(tile.expert) + (d_ + 1) * H_ + c;
            float sum[4];
            for (int r = 0; r < 4; ++r) sum[r] = w2[H_ * C_];
            for (int h = 0; h < H_; ++h) {
                const float w = w2[h * C_];
#pragma unroll
                for (int r = 0; r < 4; ++r) sum[r] = fmaf(hidden(tile.at(r))[h], w, sum[r]);
            }
            for (int r = 0; r < 4 && tile.has(r); ++r) by_out()[(tile.row + r) * C_ + c] = sum[r];
        });
    }

    // train_plain_loss.cuh
    __device__ void compare() const;
    __device__ void sum_losses() const;
    [[nodiscard]] __device__ float loss() const { return *array<float>(at_.loss); }
    __device__ int routed() const { return B_ - counts()[E_]; }  ///< examples
    __device__ int rows() const { return first(E_); }            ///< R, of those that are routed

    // train_plain_descent.cuh
    __device__ void back() const;
    __device__ void step() const;

    __device__ void clear_records() const {
        if (thread() < E_) array<expert_record>(at_.records)[thread()] = {};
    }
    __device__ void close(std::uint64_t t) const {
        const int e = thread();
        if (e >= E_) return;
        array<expert_record>(at_.records)[e].close(
            w_, id_, t, static_cast<std::uint32_t>(e), [this](int f) { return counts()[f]; },
            rows(), loss(), counts()[E_ + 1], scores());
    }
    [[nodiscard]] __device__ descent& descend() const { return *array<descent>(at_.descend); }

private:
    __device__ static int threads() { return static_cast<int>(blockDim.x); }
    __device__ static int thread() { return static_cast<int>(threadIdx.x); }
    __device__ static int warp() { return thread() / 32; }
    __device__ static int lane() { return thread() % 32; }
    __device__ void move(const descent& how, int at, float g) const {
        const auto flat = static_cast<std::uint32_t>(at);
        how.step(parameters()[at], g, how.read<1>(flat), flat);
    }
    __device__ float* by_logits() const { return array<float>(at_.by_logits); }
    __device__ float* by_out() const { return array<float>(at_.by_out); }
    __device__ float* hidden(int row) const {
        return array<float>(at_.hidden) + row * plain_layout::unit_stride(w_);
    }
    __device__ float* by_hidden(int row) const {
        return array<float>(at_.by_hidden) + row * plain_layout::unit_stride(w_);
    }
    __device__ int half() const {
        return (H_ + 1) / 2;
    }  ///< of the units: the first of a tile's two
    __device__ int* counts() const { return array<int>(at_.counts); }
    __device__ int place(int e) const { return d_ * E_ + E_ + e * maps_; }
    __device__ const float* expert(int e) const { return parameters() + place(e); }

    __device__ const float* input(int i) const {
        if constexpr (InputsToo)
            return array<float>(at_.x) + i * plain_layout::stride(w_);
        else
            return w_.inputs + std::size_t{array<std::uint32_t>(at_.rows)[i]} * w_.input_stride;
    }
    __device__ const float* sorted_input(int row) const {
        return input(static_cast<int>(array<std::uint32_t>(at_.example)[row]));
    }

    __device__ unsigned chosen(int i) const { return array<std::uint16_t>(at_.chosen)[i]; }
    /// Lanes whose example, i + lane, chose expert e; E: none.
    __device__ unsigned who(int i, int e) const {
        const int mine = i + lane();
        const unsigned mask = mine < B_ ? chosen(mine) : 0;
        return __ballot_sync(~0U, mine < B_ && (e < E_ ? mask >> e & 1 : mask == 0));
    }
    __device__ int first(int e) const {
        int sum = 0;
        for (int f = 0; f < e; ++f) sum += counts()[f];
        return sum;
    }
    /// Calls act(tile, column) for each tile of Rows rows, of all experts, and each of some
    /// columns.
    template <int Rows, typename Act>
    __device__ void for_tiles(int columns, const Act& act) const {
        int tiles = 0;
        for (int e = 0; e < E_; ++e) tiles += (counts()[e] + Rows - 1) / Rows;
        for (int at = thread(); at < tiles * columns; at += threads())
            act(tile_of<Rows>(at / columns), at % columns);
    }
    template <int Rows>
    __device__ plain_tile tile_of(int number) const {
        plain_tile out{0, 0, counts()[0]};
        while (number >= (counts()[out.expert] + Rows - 1) / Rows) {
            number -= (counts()[out.expert] + Rows - 1) / Rows;
            out.row = out.end;
            out.end += counts()[++out.expert];
        }
        out.row += Rows * number;
        return out;
    }

    // train_plain_loss.cuh
    struct mixture {
        const float* p;               ///< (E)
        float share;                  ///< p of its first expert
        float* out;                   ///< (C) of its first expert
        const std::uint32_t* places;  ///< of the others' rows
        unsigned rest;                ///< the others
    };
    __device__ mixture mixture_of(int i) const;
    __device__ float output(const mixture& of, int c) const;
    __device__ void differentiate_row(int i, int label, float& loss, std::uint8_t& right) const;
    __device__ void differentiate_gate(int i) const;

    // train_plain_descent.cuh
    __device__ void step_w1(const descent& how) const;
    __device__ void step_w2(const descent& how) const;
    __device__ void step_rest(const descent& how) const;
    __device__ float along_gate(int at) const;

    const training& w_;
    const train_run& run_;
    std::uint32_t id_;
    plain_layout at_;
    unsigned char* memory_;
    int B_, d_, H_, C_, E_, k_, maps_;
};

}  // namespace moebius::gpu

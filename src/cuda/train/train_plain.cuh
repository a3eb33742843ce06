// SPDX-License-Identifier: MIT
#pragma once

// A block of train_plain.cu as one of its layers sees it, and the parts of a step. Each part is the
// CPU's loop with its outputs dealt out to threads; between two parts all threads meet.

#include "train/train_plain_layout.cuh"

namespace moebius::gpu {

constexpr int most_experts = 16;  ///< that a mask of an example's has bits for

// What a step's code holds many times over, or seldom runs, is called: a kernel waits for
// instructions that its cache does not hold (data/results/h200-training.txt).
static __device__ __noinline__ activated gelu_of(float x) { return activate(true, x); }
static __device__ __noinline__ void descend_by(const descent& how, float& p, float g,
                                               std::uint32_t at) {
    how.step(p, g, how.read<1>(at), at);
}
/// The first `count` of eight parameters, `stride` apart, along their gradients.
/// @param p   the first of them, number `at`
static __device__ __noinline__ void descend_eight(const descent& how, float* p, int at, int stride,
                                                  int count, float4 low, float4 high) {
    const float g[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        if (i >= count) break;
        if (how.kind == train_optimiser::sgd)
            p[i * stride] -= how.rate * fmaf(how.decay, p[i * stride], g[i]);
        else
            descend_by(how, p[i * stride], g[i], static_cast<std::uint32_t>(at + i * stride));
    }
}

/// @tparam InputsToo  the batch's inputs are in shared memory
template <bool InputsToo>
class plain_block {
public:
    __device__ plain_block(const plain_work& work, std::uint32_t id, std::uint32_t layer,
                           unsigned char* memory)
        : w_(work.of),
          run_(w_.each[id * w_.layers + layer]),
          id_(id),
          layer_(layer),
          at_(work.at[layer]),
          memory_(memory),
          B_(static_cast<int>(w_.batch)),
          d_(static_cast<int>(w_.width)),
          H_(static_cast<int>(w_.hidden)),
          C_(static_cast<int>(is_last() ? w_.classes : w_.width)),
          E_(static_cast<int>(w_.experts)),
          k_(static_cast<int>(w_.k)),
          maps_(d_ * H_ + H_ + H_ * C_ + C_),
          gate_(layer == 0 ? 0 : (d_ + 1) * E_ + E_ * (d_ * H_ + H_ + H_ * d_ + d_)) {}

    template <typename T>
    __device__ T* array(std::size_t at) const {
        return reinterpret_cast<T*>(memory_ + at);
    }
    __device__ float* parameters() const { return array<float>(at_.parameters); }
    __device__ double* scores() const { return array<double>(at_.scores); }

    /// The batch of simulate/training.hpp.
    __device__ void draw(std::uint64_t t) const {
#pragma unroll 1
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
        const float *w = parameters() + gate_, *b = w + d_ * E_;
#pragma unroll 1
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
#pragma unroll 1
        for (int i = thread(); i < B_; i += threads()) {
            float* const z = by_logits() + i * E_;
            row_range range;
#pragma unroll 1
            for (int e = 0; e < E_; ++e) range.take(z[e]);
            const auto token = static_cast<std::uint32_t>(i);
            unsigned mask = 0;
            if (range.routable() && w_.gumbel && E_ == 2 && k_ == 1)
                mask = 1U << choice_of_two(run_, scores(), t, token, z[0], z[1]);
            float top = -INFINITY, sum = 0;
#pragma unroll 1
            for (int e = 0; e < E_; ++e) {
                z[e] = beta * (z[e] + static_cast<float>(scores()[e]));
                top = fmaxf(top, z[e]);
            }
            if (range.routable() && mask == 0) mask = largest(z, t, token);
#pragma unroll 1
            for (int e = 0; e < E_; ++e) sum += z[e] = expf(z[e] - top);
#pragma unroll 1
            for (int e = 0; e < E_; ++e) z[e] = mask == 0 ? 0 : z[e] / sum;
            array<std::uint16_t>(at_.chosen)[i] = static_cast<std::uint16_t>(mask);
        }
    }

    /// mark_largest of router/rows.hpp: the k experts of the largest z, with noise if there is any.
    __device__ unsigned largest(const float* z, std::uint64_t t, std::uint32_t token) const {
        float value[most_experts];
        token_noise noise(run_, t, token);
#pragma unroll 1
        for (int e = 0; e < E_; ++e) value[e] = w_.gumbel ? z[e] + noise.of(e) : z[e];
        unsigned mask = 0;
#pragma unroll 1
        for (int j = 0; j < k_; ++j) {
            float best = -INFINITY;
            unsigned bit = 0;
#pragma unroll 1
            for (int e = 0; e < E_; ++e)
                if (value[e] > best && !(mask >> e & 1)) best = value[e], bit = 1U << e;
            mask |= bit;
        }
        return mask;
    }

    /// Examples of each expert, a warp for each.
    __device__ void count() const {
#pragma unroll 1
        for (int e = warp(); e <= E_; e += threads() / 32) {
            int sum = 0;
            for (int i = 0; i < B_; i += 32) sum += __popc(who(i, e));
            if (lane() == 0) counts()[e] = sum;
        }
    }

    /// A stable counting sort by expert, where each begins and its tiles; the last, where all end.
    __device__ void sort() const {
#pragma unroll 1
        for (int e = warp(); e <= E_; e += threads() / 32) {
            int begin = 0, tile = 0;
#pragma unroll 1
            for (int f = 0; f < e; ++f) {
                begin += counts()[f];
                tile += (counts()[f] + tile_rows - 1) / tile_rows;
            }
            if (lane() == 0) begins()[e] = begin, tile_begins()[e] = tile;
            if (e == E_) break;
            const int end = begin + counts()[e];
#pragma unroll 1
            for (int row = begin + tile_rows * lane(); row < end; row += 32 * tile_rows)
                array<plain_tile>(at_.tiles)[tile + (row - begin) / tile_rows] = {e, row, end};
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

    // train_plain_forward.cuh
    __device__ void multiply_w1() const;
    __device__ void multiply_w2() const;

    // train_plain_loss.cuh
    __device__ void compare() const;
    __device__ void sum_losses() const;
    [[nodiscard]] __device__ float loss() const { return *array<float>(at_.loss); }
    __device__ int routed() const { return B_ - counts()[E_]; }  ///< examples
    __device__ int rows() const { return first(E_); }            ///< R, of those that are routed

    // train_plain_descent.cuh
    __device__ void back() const;
    __device__ void step_w1(const descent& how) const;
    __device__ void step_w2(const descent& how) const;
    __device__ void step_b2(const descent& how, int e, int c) const;
    /// The gate, b1 and so many of b2: all or none.
    __device__ void step_rest(const descent& how, int b2) const;
    __device__ int outputs() const { return C_; }
    __device__ int experts() const { return E_; }

    // train_plain_two.cuh
    __device__ void mix() const;
    __device__ void back_to_inputs() const;
    __device__ void back_from_inputs() const;
    __device__ void weigh_units() const;
    __device__ void differentiate_gates() const;
    __device__ void step_w2_from_inputs(const descent& how) const;

    __device__ void clear_records() const {
        if (thread() < E_) array<expert_record>(at_.records)[thread()] = {};
    }
    __device__ void close(std::uint64_t t) const {
        const int e = threads() - 1 - thread();  // the last warp has the least of other work
        if (e >= E_) return;
        array<expert_record>(at_.records)[e].close(
            w_, id_, t, static_cast<std::uint32_t>(e), [this](int f) { return counts()[f]; },
            rows(), loss(), *array<int>(at_.right), scores(), layer_);
    }
    [[nodiscard]] __device__ descent& descend() const { return *array<descent>(at_.descend); }

private:
    __device__ bool is_last() const { return layer_ + 1 == w_.layers; }
    __device__ static int threads() { return static_cast<int>(blockDim.x); }
    __device__ static int thread() { return static_cast<int>(threadIdx.x); }
    __device__ static int warp() { return thread() / 32; }
    __device__ static int lane() { return thread() % 32; }
    __device__ void move(const descent& how, int at, float g) const {
        descend_by(how, parameters()[at], g, static_cast<std::uint32_t>(at));
    }
    __device__ float* by_logits() const { return array<float>(at_.by_logits); }
    __device__ float* by_out() const { return array<float>(at_.by_out); }
    __device__ float* by_input(int i) const {  ///< dL/dx of a second layer, dL/dy of a first
        return array<float>(at_.by_inputs) + i * plain_layout::stride(w_);
    }
    __device__ float* shares() const { return array<float>(at_.shares); }
    __device__ float* slope(int row) const {
        return array<float>(at_.slope) + row * plain_layout::unit_stride(w_);
    }
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
    __device__ int place(int e) const { return gate_ + d_ * E_ + E_ + e * maps_; }
    __device__ const float* expert(int e) const { return parameters() + place(e); }

    __device__ const float* input(int i) const {
        if constexpr (InputsToo)
            return array<float>(at_.x) + i * plain_layout::stride(w_);
        else
            return w_.inputs + std::size_t{array<std::uint32_t>(at_.rows)[i]} * w_.input_stride;
    }
    __device__ int example_of(int row) const {
        return static_cast<int>(array<std::uint32_t>(at_.example)[row]);
    }
    __device__ const float* sorted_input(int row) const { return input(example_of(row)); }
    /// The gate's p of a sorted row of expert e, before differentiate_gate.
    __device__ float share(int row, int e) const { return by_logits()[example_of(row) * E_ + e]; }

    __device__ unsigned chosen(int i) const { return array<std::uint16_t>(at_.chosen)[i]; }
    /// Lanes whose example, i + lane, chose expert e; E: none.
    __device__ unsigned who(int i, int e) const {
        const int mine = i + lane();
        const unsigned mask = mine < B_ ? chosen(mine) : 0;
        return __ballot_sync(~0U, mine < B_ && (e < E_ ? mask >> e & 1 : mask == 0));
    }
    __device__ int first(int e) const { return begins()[e]; }
    __device__ int* begins() const { return array<int>(at_.begins); }
    __device__ int* tile_begins() const { return array<int>(at_.tile_begins); }
    /// Calls act(tile, column) for each tile of the experts from .. to - 1 and each of some
    /// columns.
    template <typename Act>
    __device__ void for_tiles(int from, int to, int columns, const Act& act) const {
        const int begin = tile_begins()[from], all = (tile_begins()[to] - begin) * columns;
#pragma unroll 1
        for (int at = thread(); at < all; at += threads())
            act(array<plain_tile>(at_.tiles)[begin + at / columns], at % columns);
    }
    template <typename Act>
    __device__ void for_tiles(int columns, const Act& act) const {
        for_tiles(0, E_, columns, act);
    }
    /// The same for what adds to an example: no two experts of one at the same time.
    template <typename Act>
    __device__ void for_tiles_apart(int columns, const Act& act) const {
        const int step = k_ == 1 ? E_ : 1;
#pragma unroll 1
        for (int e = 0; e < E_; e += step) {
            for_tiles(e, e + step, columns, act);
            if (k_ > 1) __syncthreads();
        }
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
    template <typename Row, typename Units, typename Move>
    __device__ void step_eights(int columns, const Row& row, const Units& units,
                                const Move& move) const;
    __device__ float along_gate(int at) const;

    const training& w_;
    const train_run& run_;
    std::uint32_t id_, layer_;
    const plain_layout& at_;
    unsigned char* memory_;
    int B_, d_, H_, C_, E_, k_;  ///< C_: outputs of the layer, d of the first of two
    int maps_, gate_;            ///< numbers of an expert; where the layer's begin
};

}  // namespace moebius::gpu

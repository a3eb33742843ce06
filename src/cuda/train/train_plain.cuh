// SPDX-License-Identifier: MIT
#pragma once

// The block of train_plain.cu and the parts of a step. Each part is the CPU's loop with its outputs
// dealt out to threads; between two parts all threads meet.

#include "train/train_plain_layout.cuh"

namespace moebius::gpu {

/// Four sorted rows of one expert.
struct plain_tile {
    int expert, row, end;  ///< rows row .. row + 3, those from end on are not there
};

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
          maps_(d_ * H_ + H_ + H_ * C_ + C_) {}

    template <typename T>
    __device__ T* array(std::size_t at) const {
        return reinterpret_cast<T*>(memory_ + at);
    }
    __device__ float* parameters() const { return array<float>(at_.parameters); }
    __device__ double* scores() const { return array<double>(at_.scores); }

    /// The batch of simulate/training.hpp.
    __device__ void draw(std::uint64_t t) const {
        for (int i = thread(); i < B_; i += plain_threads) {
            const std::uint32_t row = example(run_, t, static_cast<std::uint32_t>(i));
            array<std::uint32_t>(at_.rows)[i] = row;
            array<std::uint8_t>(at_.label)[i] = w_.labels[row];
        }
    }

    __device__ void gather() const {
        if constexpr (!InputsToo) return;
        const int pieces = static_cast<int>(w_.input_stride / 4);
        for (int k = thread(); k < B_ * pieces; k += plain_threads) {
            const int i = k / pieces, piece = k % pieces;
            const std::size_t row = array<std::uint32_t>(at_.rows)[i];
            reinterpret_cast<float4*>(array<float>(at_.x) + i * plain_layout::stride(w_))[piece] =
                reinterpret_cast<const float4*>(w_.inputs + row * w_.input_stride)[piece];
        }
    }

    /// logits = x W + b.
    __device__ void multiply_gate() const {
        const float *w = parameters(), *b = w + d_ * E_;
        for (int at = thread(); at < B_ * E_; at += plain_threads) {
            const int e = at % E_;
            const float* x = input(at / E_);
            float sum = 0;
            for (int k = 0; k < d_; ++k) sum = fmaf(x[k], w[k * E_ + e], sum);
            by_logits()[at] = sum + b[e];
        }
    }

    /// top_k_router::route for one expert: z = beta (logit + score), softmax, choice.
    __device__ void route(std::uint64_t t) const {
        const auto beta = static_cast<float>(run_.beta);
        for (int i = thread(); i < B_; i += plain_threads) {
            float* const z = by_logits() + i * E_;
            row_range range;
            for (int e = 0; e < E_; ++e) range.take(z[e]);
            const bool routable = range.routable(), drawn = routable && w_.gumbel;
            const auto token = static_cast<std::uint32_t>(i);
            token_noise noise(run_, t, token);
            float top = -INFINITY, best = -INFINITY, sum = 0;
            int choice = E_;
            if (drawn && E_ == 2) choice = choice_of_two(run_, scores(), t, token, z[0], z[1]);
            for (int e = 0; e < E_; ++e) {
                z[e] = beta * (z[e] + static_cast<float>(scores()[e]));
                top = fmaxf(top, z[e]);
                const float value = drawn && E_ != 2 ? z[e] + noise.of(e) : z[e];
                if (routable && value > best && !(drawn && E_ == 2)) {
                    best = value;
                    choice = e;
                }
            }
            for (int e = 0; e < E_; ++e) sum += z[e] = expf(z[e] - top);
            for (int e = 0; e < E_; ++e) z[e] = choice == E_ ? 0 : z[e] / sum;
            array<std::uint8_t>(at_.choice)[i] = static_cast<std::uint8_t>(choice);
        }
    }

    /// Examples of each expert, a warp for each.
    __device__ void count() const {
        for (int e = warp(); e <= E_; e += plain_threads / 32) {
            int sum = 0;
            for (int i = 0; i < B_; i += 32) sum += __popc(who(i, e));
            if (lane() == 0) counts()[e] = sum;
        }
    }

    /// A stable counting sort by expert.
    __device__ void sort() const {
        for (int e = warp(); e <= E_; e += plain_threads / 32) {
            int place = first(e);
            for (int i = 0; i < B_; i += 32) {
                const unsigned chosen = who(i, e);
                if (chosen >> lane() & 1)
                    array<std::uint32_t>(
                        at_.example)[place + __popc(chosen & ((1U << lane()) - 1))] =
                        static_cast<std::uint32_t>(i + lane());
                place += __popc(chosen);
            }
        }
    }

    /// hidden = act(x W1 + b1), and the slope of act in by_hidden: a tile's unit a thread.
    __device__ void multiply_w1() const {
        int tiles = 0;
        for (int e = 0; e < E_; ++e) tiles += (counts()[e] + 3) / 4;
        for (int at = thread(); at < tiles * H_; at += plain_threads) {
            const plain_tile mine = tile_of(at / H_);
            const int h = at % H_;
            const float* const w1 = expert(mine.expert) + h;
            const float bias = w1[(d_ * H_ - h) + h];
            const float* x[4];
            float sum[4];
            for (int r = 0; r < 4; ++r) {
                x[r] = sorted_input(min(mine.row + r, mine.end - 1));
                sum[r] = bias;
            }
            for (int k = 0; k < d_; ++k) {
                const float w = w1[k * H_];
#pragma unroll
                for (int r = 0; r < 4; ++r) sum[r] = fmaf(x[r][k], w, sum[r]);
            }
            for (int r = 0; r < 4 && mine.row + r < mine.end; ++r) {
                const auto unit = activate(w_.gelu, sum[r]);
                array<float>(at_.hidden)[(mine.row + r) * H_ + h] = unit.value;
                array<float>(at_.by_hidden)[(mine.row + r) * H_ + h] = unit.slope;
            }
        }
    }

    /// out = hidden W2 + b2, into by_out.
    __device__ void multiply_w2() const {
        for (int at = thread(); at < routed() * C_; at += plain_threads) {
            const int row = at / C_, c = at % C_;
            const float* const w2 = expert(expert_of(row)) + d_ * H_ + H_;
            const float* const hidden = array<float>(at_.hidden) + row * H_;
            float sum = w2[H_ * C_ + c];
            for (int h = 0; h < H_; ++h) sum = fmaf(hidden[h], w2[h * C_ + c], sum);
            by_out()[at] = sum;
        }
    }

    // train_plain_loss.cuh
    __device__ void compare() const;
    __device__ void sum_losses() const;
    [[nodiscard]] __device__ float loss() const { return *array<float>(at_.loss); }
    __device__ int routed() const { return B_ - counts()[E_]; }

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
            routed(), loss(), counts()[E_ + 1], scores());
    }
    [[nodiscard]] __device__ descent& descend() const { return *array<descent>(at_.descend); }

private:
    __device__ static int thread() { return static_cast<int>(threadIdx.x); }
    __device__ static int warp() { return thread() / 32; }
    __device__ static int lane() { return thread() % 32; }
    __device__ float* by_logits() const { return array<float>(at_.by_logits); }
    __device__ float* by_out() const { return array<float>(at_.by_out); }
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

    /// Lanes whose example, i + lane, chose expert e.
    __device__ unsigned who(int i, int e) const {
        const int mine = i + lane();
        return __ballot_sync(~0U, mine < B_ && array<std::uint8_t>(at_.choice)[mine] == e);
    }
    __device__ int first(int e) const {
        int sum = 0;
        for (int f = 0; f < e; ++f) sum += counts()[f];
        return sum;
    }
    __device__ int expert_of(int row) const {
        int e = 0;
        for (int end = counts()[0]; row >= end; end += counts()[e]) ++e;
        return e;
    }
    __device__ plain_tile tile_of(int number) const {
        plain_tile out{0, 0, counts()[0]};
        while (number >= (counts()[out.expert] + 3) / 4) {
            number -= (counts()[out.expert] + 3) / 4;
            out.row = out.end;
            out.end += counts()[++out.expert];
        }
        out.row += 4 * number;
        return out;
    }

    // train_plain_loss.cuh
    __device__ float differentiate_row(float* out, int label, float p1, float& loss,
                                       std::uint8_t& right) const;
    __device__ void differentiate_gate(float* p, int expert, float by_gate) const;

    const training& w_;
    const train_run& run_;
    std::uint32_t id_;
    plain_layout at_;
    unsigned char* memory_;
    int B_, d_, H_, C_, E_, maps_;
};

}  // namespace moebius::gpu

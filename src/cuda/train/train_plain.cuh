// SPDX-License-Identifier: MIT
#pragma once

// A block of train_plain_kernel.cuh as one of its layers sees it, and the parts of a step. Each
// part is the CPU's loop with its outputs dealt out to threads; between two parts all threads meet.

#include "train/train_plain_products.cuh"
#include "train/train_plain_shape.cuh"

namespace moebius::gpu {

constexpr int most_experts = 16;  ///< that a mask of an example's has bits for

// What a step's code holds many times over, or seldom runs, is called: a kernel waits for
// instructions that its cache does not hold (data/results/h200-training.txt).
static __device__ __noinline__ activated gelu_of(float x) { return activate(true, x); }
static __device__ __noinline__ float noise_of(const train_run& run, std::uint64_t t,
                                              std::uint32_t token, int expert) {
    return token_noise(run, t, token).of(expert);
}
static __device__ __noinline__ int toss(const train_run& run, const double* scores, std::uint64_t t,
                                        std::uint32_t token, float first, float second) {
    return choice_of_two(run, scores, t, token, first, second);
}
static __device__ __noinline__ void rescale(descent& how, const train_run& run, std::uint64_t n) {
    how.rescale(run, n);
}
static __device__ __noinline__ void descend_by(const descent& how, float& p, float g,
                                               std::uint32_t at) {
    how.step(p, g, how.read<1>(at), at);
}
/// @tparam Of  of train_plain_shape.cuh
template <typename Of>
class plain_block {
public:
    /// @param layer  its number; of a known shape an integral_constant
    template <typename Layer>
    __device__ plain_block(const plain_work& work, std::uint32_t id, Layer layer,
                           unsigned char* memory)
        : plain_block(work, Of::sizes(work.of), id, layer, memory) {}

    template <typename T>
    __device__ T* array(std::size_t at) const {
        return reinterpret_cast<T*>(memory_ + at);
    }
    __device__ double* scores() const { return array<double>(at_.scores); }

    /// Calls act(here, number of the run's) for all parameters of the layer.
    template <typename Act>
    __device__ void each_parameter(const Act& act) const;
    __device__ void clear_parameters() const {
        for (std::uint32_t i = threadIdx.x; i < at_.parameter_count; i += blockDim.x)
            parameters()[i] = 0;
    }

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
        if constexpr (!Of::inputs_too) return;
        const int pieces = input_pieces();
        for (int k = thread(); k < B_ * pieces; k += threads()) {
            const int i = k / pieces, piece = k % pieces;
            const std::size_t row = array<std::uint32_t>(at_.rows)[i];
            reinterpret_cast<float4*>(array<float>(at_.x) + i * x_stride_)[piece] =
                reinterpret_cast<const float4*>(w_.inputs + row * w_.input_stride)[piece];
        }
    }

    // train_plain_route.cuh
    /// logits = x W + b.
    __device__ void multiply_gate() const;
    /// top_k_router::route: z = beta (logit + score), softmax, the k largest.
    __device__ void route(std::uint64_t t) const;
    /// Examples of each expert, a warp for each.
    __device__ void count() const;
    /// A stable counting sort by expert, where each begins and its tiles; the last, where all end.
    __device__ void sort() const;

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
    enum class weights : int { w2, w1, gate };
    __device__ void back() const;
    template <weights Which>
    __device__ void step(const descent& how) const;
    /// The gate's biases, b1 and of the last layer b2.
    __device__ void step_rest(const descent& how) const;

    // train_plain_two.cuh
    __device__ void back_to_inputs() const;
    __device__ void weigh_units() const;
    __device__ void differentiate_gates() const;
    __device__ void step_b2(const descent& how) const;

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
    __device__ bool is_last() const { return layer_ + 1 == Of::layers; }
    __device__ static int threads() { return Of::threads(); }
    __device__ static int thread() { return static_cast<int>(threadIdx.x); }
    __device__ int warp() const { return warp_; }
    __device__ static int lane() { return thread() % 32; }
    /// Calls act(0), act(1), ..., act(count - 1) and the rest of the last warp.
    template <typename Act>
    __device__ void for_all(int count, const Act& act) const {
#pragma unroll Of::unrolled
        for (int done = 0; done < count; done += threads())
            if (done + 32 * warp() < count) act(done + thread());
    }
    __device__ float* parameters() const { return array<float>(at_.parameters); }
    /// One parameter, number `at` of the run's, along its gradient.
    __device__ static void move(const descent& how, float& here, int at, float g) {
        descend_by(how, here, g, static_cast<std::uint32_t>(at));
    }
    __device__ float* by_logits(int i) const {
        return array<float>(at_.by_logits) + i * gates_.stride();
    }
    __device__ float* by_out(int row) const {
        return array<float>(at_.by_out) + row * outputs_.stride();
    }
    __device__ float* by_input(int i) const {  ///< dL/dx of a second layer, dL/dy of a first
        return array<float>(at_.by_inputs) + i * x_stride_;
    }
    __device__ pieces_of_row by_input_row(int i) const { return {by_input(i), 0}; }
    /// dL/d of what a sorted row gives, of the first of two layers without its weight.
    __device__ pieces_of_row by_output(int row) const {
        return is_last() ? pieces_of_row{by_out(row), 0} : by_input_row(example_of(row));
    }
    __device__ float* shares() const { return array<float>(at_.shares); }
    // (R, units)
    __device__ float* slopes() const { return array<float>(at_.slope); }
    __device__ float* hidden() const { return array<float>(at_.hidden); }
    __device__ float* by_hidden() const { return array<float>(at_.by_hidden); }
    __device__ int* counts() const { return array<int>(at_.counts); }

    // Parameters: here, and which of the run's they are. Inputs have x_columns_ columns.
    __device__ int input_pieces() const { return x_columns_ / 4; }
    __device__ float* gate() const { return parameters() + at_.here.gate; }
    __device__ float* gate_bias() const { return gate() + x_columns_ * gates_.stride(); }
    __device__ float* w1(int e) const {
        return parameters() + at_.here.experts + e * at_.here.each;
    }
    __device__ float* b1(int e) const { return w1(e) + x_columns_ * units_.stride(); }
    __device__ float* w2(int e) const { return b1(e) + units_.stride(); }
    __device__ float* b2(int e) const { return w2(e) + units_.stride() * outputs_.stride(); }
    __device__ int place_of_gate() const { return static_cast<int>(at_.flat.gate); }
    __device__ int place_of_w1(int e) const {
        return static_cast<int>(at_.flat.experts) + e * static_cast<int>(at_.flat.each);
    }
    __device__ int place_of_b1(int e) const { return place_of_w1(e) + d_ * H_; }
    __device__ int place_of_w2(int e) const { return place_of_b1(e) + H_; }
    __device__ int place_of_b2(int e) const { return place_of_w2(e) + H_ * C_; }

    __device__ float* inputs_here(int i) const { return array<float>(at_.x) + i * x_stride_; }
    __device__ const float* input(int i) const {
        if constexpr (Of::inputs_too)
            return inputs_here(i);
        else
            return w_.inputs + std::size_t{array<std::uint32_t>(at_.rows)[i]} * w_.input_stride;
    }
    __device__ pieces_of_row input_row(int i) const { return {input(i), 0}; }
    __device__ int example_of(int row) const {
        return static_cast<int>(array<std::uint32_t>(at_.example)[row]);
    }
    __device__ pieces_of_row sorted_input(int row) const { return input_row(example_of(row)); }
    /// The gate's p of a sorted row of expert e, before differentiate_gate.
    __device__ float share(int row, int e) const { return by_logits(example_of(row))[e]; }

    __device__ unsigned chosen(int i) const { return array<std::uint16_t>(at_.chosen)[i]; }
    /// Lanes whose example, i + lane, chose expert e; E: none.
    __device__ unsigned who(int i, int e) const {
        const int mine = i + lane();
        const unsigned mask = mine < B_ ? chosen(mine) : 0;
        return __ballot_sync(~0U, mine < B_ && (e < E_ ? mask >> e & 1 : mask == 0));
    }
    __device__ int first(int e) const { return begins()[e]; }
    __device__ int2 rows_of(int e) const { return make_int2(first(e), first(e) + counts()[e]); }
    __device__ int* begins() const { return array<int>(at_.begins); }
    __device__ int* tile_begins() const { return array<int>(at_.tile_begins); }
    __device__ int most_tiles() const { return (B_ * k_ + (tile_rows - 1) * E_) / tile_rows; }
    /// Calls act(tile, column, team) for each tile of the experts from .. to - 1 and each of some
    /// columns, whose sums have so many terms; `tile` is empty for lanes that have none. Two tiles
    /// side by side: every second lane has the same columns, every other one the same rows, which
    /// lets loads of 16 bytes serve more lanes at a time.
    template <typename Act>
    __device__ void for_tiles(int from, int to, int columns, int terms, const Act& act) const {
        const int from_tile = tile_begins()[from], tiles = tile_begins()[to] - from_tile;
        if (Of::uniform(tiles) == 0) return;  // sums of known shapes go on to the most there can be
        const int two = (columns + 1) / 2 * 4, all = (tiles + 1) / 2 * two;
        const int most = Of::is_known ? (most_tiles() + 1) / 2 * two : all;
        const lane_team team(most, threads(), terms < 4 ? 0 : 1);
#pragma unroll Of::unrolled
        for (int done = 0; done < most; done += threads() >> team.bits) {
            const int begin = done + warp() * (32 >> team.bits);
            if (begin >= most) break;
            const int at = begin + team.task, in = at % two;
            const int number = at / two * 2 + in / 2 % 2, column = in / 4 * 2 + in % 2;
            plain_tile tile = array<plain_tile>(at_.tiles)[from_tile + min(number, tiles - 1)];
            tile.there = number < tiles && column < columns;
            act(tile, min(column, columns - 1), team);
        }
    }
    /// The same for all experts, one after the other where their tiles add to the same examples.
    template <typename Act>
    __device__ void for_tiles_apart(int columns, int terms, bool apart, const Act& act) const {
        const int step = apart ? 1 : E_;
#pragma unroll 1
        for (int e = 0; e < E_; e += step) {
            for_tiles(e, e + step, columns, terms, act);
            if (apart) __syncthreads();
        }
    }

    /// Calls act(c) for a lane's classes.
    template <typename Act>
    __device__ void for_classes(const quad& lanes, const Act& act) const {
#pragma unroll Of::unrolled
        for (int from = 0; from < C_; from += 4)
            if (const int c = from + lanes.part; c < C_) act(c);
    }

    // train_plain_route.cuh
    __device__ unsigned choose(const float* z, std::uint64_t t, std::uint32_t token) const;

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
    __device__ void differentiate_row(int i, const quad& lanes) const;
    __device__ void differentiate_classes(const mixture& of, const quad& lanes, int label,
                                          float top, float sum, float others) const;
    __device__ void differentiate_gate(int i) const;

    // train_plain_descent.cuh
    template <weights Which>
    __device__ float4 by_column(int row, int column) const;
    template <typename Has, typename Here, typename Place>
    __device__ static void move_rows(const descent& how, const float (&g)[8][4], int count,
                                     const Has& has, const Here& here, const Place& place);

    template <typename Layer>
    __device__ plain_block(const plain_work& work, const training& sizes, std::uint32_t id,
                           Layer layer, unsigned char* memory)
        : w_(work.of),
          run_(w_.each[id * Of::layers + layer]),
          id_(id),
          layer_(layer),
          warp_(Of::uniform(thread() / 32)),
          at_(Of::at(work, layer)),
          memory_(memory),
          B_(static_cast<int>(sizes.batch)),
          d_(static_cast<int>(sizes.width)),
          H_(static_cast<int>(sizes.hidden)),
          C_(static_cast<int>(is_last() ? sizes.classes : sizes.width)),
          E_(static_cast<int>(sizes.experts)),
          k_(static_cast<int>(sizes.k)),
          gates_(at_.gates),
          units_(at_.units),
          outputs_(at_.outputs),
          x_columns_(static_cast<int>(sizes.input_stride)),
          x_stride_(static_cast<int>(plain_layout::stride(sizes))),
          gelu_(sizes.gelu),
          squared_(sizes.squared),
          gumbel_(sizes.gumbel) {}

    const training& w_;
    const train_run& run_;
    std::uint32_t id_, layer_;
    int warp_;
    typename Of::layout at_;
    unsigned char* memory_;
    int B_, d_, H_, C_, E_, k_;           ///< C_: outputs of the layer, d of the first of two
    piece_rows gates_, units_, outputs_;  ///< E, H and C numbers a row
    int x_columns_, x_stride_;  ///< numbers of an example's inputs; of those in shared memory
    bool gelu_, squared_, gumbel_;
};

template <typename Of>
template <typename Act>
__device__ void plain_block<Of>::each_parameter(const Act& act) const {
    const int weights = d_ * E_, gates = weights + E_, inner = d_ * H_, outer = H_ * C_;
    const int each = inner + H_ + outer + C_;
#pragma unroll 1
    for (int at = thread(); at < gates + E_ * each; at += threads()) {
        const int e = at < gates ? 0 : (at - gates) / each,
                  i = at < gates ? at : (at - gates) % each;
        float* here = nullptr;
        if (at < weights)
            here = gate() + gates_.at(i / E_, i % E_);
        else if (at < gates)
            here = gate_bias() + i - weights;
        else if (i < inner)
            here = w1(e) + units_.at(i / H_, i % H_);
        else if (i < inner + H_)
            here = b1(e) + i - inner;
        else if (i < inner + H_ + outer)
            here = w2(e) + outputs_.at((i - inner - H_) / C_, (i - inner - H_) % C_);
        else
            here = b2(e) + i - inner - H_ - outer;
        act(*here, place_of_gate() + at);
    }
}

}  // namespace moebius::gpu

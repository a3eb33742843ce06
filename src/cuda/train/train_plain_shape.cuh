// SPDX-License-Identifier: MIT
#pragma once

// What the compiler is told of a block of train_plain_kernel.cuh. Numbers that it knows are no
// longer computed in every step, and loops over them become straight code.

#include "train/train_plain_layout.cuh"

namespace moebius::gpu {

/// Sizes and options that the work says; where the inputs are and how many layers there are.
template <bool InputsToo, std::uint32_t Layers>
struct open_shape {
    static constexpr bool is_known = false, inputs_too = InputsToo;
    static constexpr std::uint32_t layers = Layers;
    static constexpr int unrolled = 1;  ///< rounds of short loops
    static constexpr int terms = 1;     ///< pieces of sums
    using layout = const plain_layout&;

    __device__ static const training& sizes(const training& work) { return work; }
    __device__ static layout at(const plain_work& work, std::uint32_t layer) {
        return work.at[layer];
    }
    __device__ static int threads() { return static_cast<int>(blockDim.x); }
    __device__ static int uniform(int number) { return number; }
};

/// These sizes, one expert an example, relu, cross-entropy and no noise, in a block that has its
/// multiprocessor for itself.
template <std::uint32_t Width, std::uint32_t Hidden, std::uint32_t Classes, std::uint32_t Experts,
          std::uint32_t Batch, std::uint32_t Layers>
struct known_shape {
    static_assert(Width % 4 == 0);
    static_assert(Hidden % 2 == 0 && Classes % 2 == 0 && Experts % 2 == 0,
                  "moments are read in pairs");
    static constexpr bool is_known = true, inputs_too = true;
    static constexpr std::uint32_t layers = Layers;
    static constexpr int unrolled = 32, terms = 2;
    using layout = plain_layout;

    static constexpr training sizes() {
        training known{};
        known.width = known.input_stride = Width;
        known.hidden = Hidden;
        known.classes = Classes;
        known.experts = Experts;
        known.batch = Batch;
        known.layers = Layers;
        known.k = 1;
        return known;
    }
    static constexpr training sizes(const training&) { return sizes(); }
    template <std::uint32_t Layer>
    static constexpr layout at(const plain_work&, std::integral_constant<std::uint32_t, Layer>) {
        constexpr plain_layout known(sizes(), inputs_too, Layer);
        return known;
    }
    static constexpr int threads() { return most_plain_threads; }
    /// A number that all lanes have, told so that the compiler knows it: branches and loops that
    /// depend on it need no code for lanes that part.
    __device__ static int uniform(int number) { return __shfl_sync(~0U, number, 0); }

    static bool fits(const training& work) {
        return work.width == Width && work.input_stride == Width && work.hidden == Hidden &&
               work.classes == Classes && work.experts == Experts && work.batch == Batch &&
               work.layers == Layers && work.k == 1 && !work.gelu && !work.squared && !work.gumbel;
    }
};

using plain_kernel = void (*)(plain_work);
/// The kernel of a known shape that is this work's, to be started with most_plain_threads; null:
/// none.
[[nodiscard]] plain_kernel known_kernel(const training& work);

}  // namespace moebius::gpu

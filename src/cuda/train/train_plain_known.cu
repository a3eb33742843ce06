// SPDX-License-Identifier: MIT
//
// train_plain of the sizes of the digits and two layers, in a block that has its multiprocessor for
// itself.
//
// The floor of a step with 4 experts: 2.4 million multiply-adds, 18.8 thousand cycles of a
// multiprocessor's 128 lanes. An H200 takes 90 thousand; with sizes that the work says it took
// 137 (data/results/h200-training.txt): half of its instructions found out where numbers are.
#include "train/train_plain_kernel.cuh"

namespace moebius::gpu {
namespace {

template <std::uint32_t Experts>
using two_layers = known_shape<64, 32, 10, Experts, 128, 2>;

}  // namespace

plain_kernel known_kernel(const training& work) {
    if (two_layers<2>::fits(work)) return train_plain<two_layers<2>>;
    if (two_layers<4>::fits(work)) return train_plain<two_layers<4>>;
    return nullptr;
}

}  // namespace moebius::gpu

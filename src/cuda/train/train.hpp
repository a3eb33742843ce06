// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/base/error.hpp>
#include <moebius/base/watch.hpp>
#include <moebius/train/training.hpp>
#include <optional>
#include <span>

namespace moebius::gpu {

/// Why a device does not train sound work; nothing if it does.
///
/// It trains moe_network with one or two layers without clustering, the router top-1 with softmax
/// gates that are not renormalised, without noise or with Gumbel noise, up to 16 experts of one
/// hidden layer, up to 32 classes, and no balancing term but switch_loss, if a model and batch fit
/// the shared memory of a block.
/// @throws invalid_argument  as check(work)
/// @throws device_error      if the device does not tell its memory
[[nodiscard]] std::optional<refusal> training_refusal(const training_work& work, int device);

/// `advance` of train/training.hpp for every run on a CUDA device, a block each, in fp32: of a
/// batch's change of the parameters the 2-norm is within 1e-5 of that in double, and scores move
/// bit for bit as the same loads move them. Parameters and moments that came from the device are
/// floats, so that training in parts is training in one go.
///
/// @param device  as CUDA counts them
/// @throws invalid_argument  as training_backend::train, and for what training_refusal refuses.
///                           Nothing was changed.
/// @throws device_error      if a call to the device fails: states lack what this call trained, all
///                           runs of a shape together
/// @throws interrupted       if the watch asks to stop: every state is sound and can go on
/// @accuracy  a near tie of two experts may be settled otherwise than in double; what overflows
///            single precision diverges
void train(const training_work& work, std::span<training_state> states, std::uint64_t until,
           int device, const watch& watched);

}  // namespace moebius::gpu

// SPDX-License-Identifier: MIT
// Whether the branches that leave a branch point are in the file.
#pragma once

#include "tally.hpp"
#include "whole_space.hpp"

namespace moebius {

/// At a simple branch point two branches cross: four arms leave it inside the window, or three
/// where two of them are alike up to the names of cells. Of a file that is whole all are there.
void judge_arms(const claim& of, const whole_space& in, tally& to, const watch& watched);

}  // namespace moebius

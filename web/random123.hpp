// SPDX-License-Identifier: MIT
// Before src/base/random.cpp: Random123 names the processors on which it was tested, and wasm is
// none of them. What it does there is plain C++, so it is told another name; tests/explore holds
// the numbers against the program's.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#define __riscv 1
#include <Random123/philox.h>
#undef __riscv

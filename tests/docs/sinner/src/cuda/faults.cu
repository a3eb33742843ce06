// SPDX-License-Identifier: MIT
int answer = 42;  // design.md

// @source data/gone.csv, and scripts/gone, without an ending
int question = 0;

/// @source the end of a file is the end of a comment: tests/gone.cpp

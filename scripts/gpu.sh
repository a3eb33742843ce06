#!/usr/bin/env bash
# Builds on a machine with a CUDA device, runs the tests labelled gpu, memory checkers and the
# device benchmarks.
# What they printed on an H200 is in data/results/h200-*.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake --preset release -DMOEBIUS_BUILD_TESTS=ON -DMOEBIUS_CUDA=ON -DMOEBIUS_BUILD_BENCH=ON
cmake --build --preset release
ctest --preset release -L gpu --output-on-failure
if command -v compute-sanitizer >/dev/null; then  # small shapes of every kernel; some ten minutes
    for tool in memcheck racecheck initcheck synccheck; do
        printf '\n== %s\n' "$tool"
        check=(compute-sanitizer --tool "$tool" --error-exitcode 1)
        "${check[@]}" build/release/tests/gpu/gpu_tests "[small]"
        "${check[@]}" build/release/tests/gpu/gpu_route_step_check 6 small
        "${check[@]}" build/release/tests/gpu/gpu_router_check 3 small
    done
fi
build/release/apps/moebius/moebius doctor
for bench in loops_bench ensemble_bench route_step_bench router_bench train_bench; do
    printf '\n== %s\n' "$bench"
    "build/release/tests/bench/$bench"
done
if python3 -c 'import torch' 2>/dev/null; then
    build/release/tests/bench/router_gradients >build/release/gradients.json
    python3 tests/bench/router_gradients.py build/release/gradients.json cuda
else
    printf 'PyTorch is not here: the gradients are not compared with its own\n'
fi

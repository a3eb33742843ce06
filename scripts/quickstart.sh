#!/usr/bin/env bash
# From a fresh clone to the main job: installs what the program takes and is missing, builds a
# release of it, and compares the predicted bifurcation set with loads measured on real tokens.
# Results in out/quickstart/; the last line on stderr says how long each step took.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh run
installed=$SECONDS
cuda=()
nvidia-smi -L >/dev/null 2>&1 || cuda=(-DMOEBIUS_CUDA=OFF)  # its kernels are most of the build
cmake --preset release -DMOEBIUS_BUILD_TESTS=OFF "${cuda[@]}" >&2
cmake --build --preset release --target moebius >&2
built=$SECONDS

mkdir -p out/quickstart
build/release/apps/moebius/moebius validate \
    --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --set decay=1 \
    --out out/quickstart/validate.json --plot out/quickstart/validate.svg

printf 'quickstart: install %d s, build %d s, run %d s\n' \
    "$installed" $((built - installed)) $((SECONDS - built)) >&2

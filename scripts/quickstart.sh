#!/usr/bin/env bash
# From a fresh clone to the main job: installs what is missing, builds a release, and compares the
# predicted bifurcation set with loads measured on real tokens. Results in out/quickstart/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh
cuda=()
nvidia-smi -L >/dev/null 2>&1 || cuda=(-DMOEBIUS_CUDA=OFF)  # its kernels are most of the build
cmake --preset release "${cuda[@]}" >&2
cmake --build --preset release --target moebius >&2

mkdir -p out/quickstart
build/release/apps/moebius/moebius validate \
    --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --set decay=1 \
    --out out/quickstart/validate.json --plot out/quickstart/validate.svg

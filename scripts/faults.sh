#!/usr/bin/env bash
# faults.sh PROGRAM LIBRARY: the long run of tests/faults. PROGRAM is moebius, LIBRARY its build's
# tests/faults/libmoebius_faults.so. Ends with 0 if all held; the lines are those of data/results/faults.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=$(realpath "$1") library=$(realpath "$2") status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# hold NAME WORD...: a line, whatever comes of it.
hold() {
    local name=$1 from=$SECONDS result=held
    shift
    bash "tests/faults/$name.sh" "$program" "$scratch/$name" "$@" || { result=FAILED && status=1; }
    printf '== %s: %s after %d s\n' "$name" $result $((SECONDS - from))
}

hold calls "$library" 100
hold kills 50
hold two_writers
hold changed_bytes 2000
exit $status

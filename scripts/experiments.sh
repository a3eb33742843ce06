#!/usr/bin/env bash
# The experiments that lay theory and measurement over each other, 32 seeds each: a command, a table
# (NAME.txt, with the command on top) and a figure (NAME.svg, where gnuplot is found).
#
#   MOEBIUS=build/release/apps/moebius/moebius scripts/experiments.sh [FOLDER [DEVICE]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
moebius=${MOEBIUS:-build/release/apps/moebius/moebius}
folder=${1:-out/experiments}
device=${2:-auto}
mkdir -p "$folder"
failed=0

# experiment NAME COMMAND OPTION...: exit code 3 (theory and measurement disagree) is a result, too.
experiment() {
    local name=$1 from=$SECONDS code=0
    shift
    printf '$ moebius %s\n\n' "$*" >"$folder/$name.txt"
    "$moebius" "$@" --out "$folder/$name.json" >>"$folder/$name.txt" || code=$?
    printf '%s: exit code %d, %d s\n' "$name" "$code" $((SECONDS - from))
    if ((code != 0 && code != 3)); then
        failed=1
    elif command -v gnuplot >/dev/null; then
        "$moebius" plot "$folder/$name.json" --out "$folder/$name.svg"
    fi
}

margins=mixture:-1/0.6,1/0.6
experiment experiment-load-open response --tokens $margins --set beta=2 --seeds 32
experiment experiment-load-closed validate --tokens $margins --set beta=2 --seeds 32 \
    --device "$device"
experiment experiment-hard-top-1 validate --tokens normal:32/2 --noise none --seeds 32 \
    --device "$device"
experiment experiment-digits validate --tokens data/digits.csv --gate class-means:0,1 \
    --set beta=4 --seeds 32 --device "$device"
experiment experiment-trained validate --trained --data teacher:2/16/4/4096 --hidden 16 \
    --vary feedback=-6:8 --points 15 --seeds 32 --device "$device"
experiment experiment-trained-digits validate --trained --data data/digits.csv \
    --vary feedback=-32:8 --points 11 --seeds 32 --device "$device"
exit $failed

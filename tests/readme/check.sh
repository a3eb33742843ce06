#!/usr/bin/env bash
# check.sh README FOLDER...: runs every line "$ command" of the README's console blocks, the folders
# in PATH, and compares what it prints with the lines below it.
set -euo pipefail

readme=$1
shift
for folder in "$@"; do PATH=$folder:$PATH; done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme" >expected
[[ -s expected ]] || { echo "the README shows no commands"; exit 1; }
while IFS= read -r line; do
    [[ $line == '$ '* ]] || continue
    printf '%s\n' "$line"
    bash -c "${line#'$ '}" 2>&1
done <expected >printed
diff --unified expected printed && echo "the README shows what comes out"

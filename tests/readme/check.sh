#!/usr/bin/env bash
# check.sh PAGE ROOT FOLDER...: runs every line "$ command" of the page's console blocks where ROOT's data/ and the page's
# sweep file (its block of JSON) lie, the folders in PATH, and compares what it prints with the lines below it. How
# long something took is no claim of a page.
set -euo pipefail

page=$1 root=$2
shift 2
for folder in "$@"; do PATH=$folder:$PATH; done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
ln -s "$root/data" data
untimed() { sed -E 's/ in [0-9.e+-]+ s \([^)]*\)/ in some time/'; }

awk '/^```json$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >sweep.json
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" | untimed >expected
[[ -s expected ]] || { echo "$page shows no commands"; exit 1; }
while IFS= read -r line; do
    [[ $line == '$ '* ]] || continue
    printf '%s\n' "$line"
    bash -c "${line#'$ '}" 2>&1 | untimed
done <expected >printed
diff --unified expected printed && echo "$page shows what comes out"

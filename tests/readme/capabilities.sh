#!/usr/bin/env bash
# capabilities.sh DOCUMENT FOLDER: every "yes" of moebius names commands of the second table, each of
# them is named (or makes a file for others), and each prints what stands beside it. FOLDER is in PATH.
set -euo pipefail

document=$1
PATH=$2:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
wrong=0
fail() { echo "$document: $*"; wrong=1; }

# the cells of a row that starts with a name in backticks, without the backticks
sed -nE 's/^\| `([a-z]+)` \| `([^`]+)` \| `([^`]+)` \|$/\1\t\2\t\3/p' "$document" >commands
sed -nE 's/^\| [^|]* \| (yes[^|]*) \|.*/\1/p' "$document" >claims
[[ -s commands && -s claims ]] || { echo "$document has no table"; exit 1; }
while IFS= read -r claim; do
    names=$(grep -o '`[a-z]*`' <<<"$claim" | tr -d '`') || fail "a yes names no command: $claim"
    for name in $names; do cut -f1 commands | grep -qx "$name" || fail "no command is called $name"; done
done <claims
while IFS=$'\t' read -r name command prints; do
    grep -q "\`$name\`" claims || [[ $command == *--out* ]] || fail "$name shows no claim"
    bash -c "$command" >printed 2>&1 || fail "$command ends with $?"
    grep -q -- "$prints" printed || { fail "$command does not print $prints but"; cat printed; }
done <commands
((wrong == 0)) && echo "$(wc -l <claims) claims, $(wc -l <commands) commands"

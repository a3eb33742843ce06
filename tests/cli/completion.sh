# Shells complete commands, options and words; a manual page a command; both from the option tables.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

"$program" completion bash >moebius.bash
# completed WORD...: what bash offers for the last word
completed() {
    bash -c 'source ./moebius.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _moebius; echo "${COMPREPLY[*]}"' \
        bash "$@"
}
test "$(completed moebius diagn)" = diagnose
test "$(completed moebius diagram --max-s)" = --max-step
completed moebius diagnose --f | grep -q -- --follow
test "$(completed moebius simulate --format cs)" = csv
test "$(completed moebius completion --he)" = --help
test "$(completed moebius check moeb)" = moebius.bash

test "$(completed moebius diagnose --fail-on 'inside\ the')" = "inside the coexistence window"
test "$(completed moebius diagnose --fail-on c)" = "cannot-tell coexistence collapsed cannot tell"
test "$(completed moebius simulate --format = cs)" = csv
test "$(completed moebius simulate --format =)" = "json csv"
test "$(completed moebius completion f)" = fish
test "$(completed moebius plan s)" = show
test "$(completed moebius plan check moeb)" = moebius.bash
test "$(completed moebius validate --hidd)" = --hidden

"$program" completion zsh >_moebius
"$program" completion fish >moebius.fish
for script in _moebius moebius.fish; do
    grep -qF 'cannot\ tell' "$script" && grep -q 'hidden' "$script" && grep -q 'check show' "$script"
done
if command -v zsh >/dev/null; then zsh -n _moebius; fi
if command -v fish >/dev/null; then fish -n moebius.fish; fi
code=0
"$program" completion tcsh >printed 2>said || code=$?
test $code = 2 && grep -q 'tcsh' said && test ! -s printed

# Each command of the help has its page, and each of its options is in it, those of validate --trained, too.
"$program" man pages
"$program" --help | sed -n "/^Subcommands:/,/^\$/s/^  \([a-z][a-z-]*\) .*/\1/p" >commands
test "$(wc -l <commands)" -gt 15
while read -r name; do
    page=pages/moebius-$name.1
    grep -q "moebius\\\\-$name" pages/moebius.1
    { "$program" "$name" --help && { test "$name" != validate || "$program" validate --trained --help; }; } | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' | sed 's/-/\\-/g' >options
    while read -r option; do grep -qF -- "$option" "$page"; done <options
done <commands
if command -v mandoc >/dev/null; then mandoc -T lint -W error pages/*.1; fi

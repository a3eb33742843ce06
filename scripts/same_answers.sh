#!/usr/bin/env bash
# Holds the answers of two builds against each other: 60 commands over all subcommands and models.
#
#   scripts/same_answers.sh OLD NEW        two programs
#
# Compared are the file that --out names and the exit code; what a command prints on the terminal is
# the manners' matter (tests/cli). Files are the same byte for byte, or but for the changes that
# compare_answers.py names; where a diagram or locus took other steps, its labelled points are
# compared. Exits with 1 if a difference is not among those listed below, or a command has no answer
# from either.
set -euo pipefail
(($# == 2)) || {
    printf 'same_answers: two programs are needed, OLD and NEW\n' >&2
    exit 2
}
old=$(realpath "$1") new=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What is meant to differ: a command as below, then why.
declare -A repaired=(
    ["sweep --vary bias=-3:3 --set feedback=6 --rate 0.01"]="it tells where the state stayed though unstable, and where it oscillated"
    ["sweep --vary feedback=1:6 --set bias=0.05 --rate 0.01 --direction up"]="it tells where the state stayed though unstable, and where it oscillated"
    ["sweep --model softmax --experts 8 --vary feedback=2:10 --set bias_1=1e-6 --rate 0.01"]="it tells where the state stayed though unstable, and where it oscillated"
    ["response --tokens mixture:-1/0.6,1/0.6 --set beta=2 --batches 16 --points 13"]="it has a verdict"
    ["response --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --batches 16 --points 13"]="it has a verdict"
    ["diagram --model softmax --experts 3 --controller integral --set gain=0.5 --set leak=0.1 --vary feedback=0.5:8 --depth 2"]="an empty branch out of the range, from BP1 on its end, is gone"
    ["locus --vary beta=0.3:6 --vary bias=-3:3 --set feedback=5"]="a start on the edge is one row, not two"
    ["locus --model softmax --experts 8 --vary feedback=2:12 --vary bias_1=-1:1"]="a start on the edge is one row, not two"
    ["validate --tokens mixture:-1/0.6,1/0.6 --set beta=2 --seeds 2 --levels 4 --ramp 60 --settle 10 --average 40 --device cpu"]="a table says what each sweep moves"
    ["validate --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --seeds 2 --levels 4 --ramp 60 --settle 10 --average 40 --device cpu"]="a table says what each sweep moves"
    ["validate --trained --data teacher:2/16/4/512 --hidden 8 --vary feedback=-2:4 --points 2 --seeds 2 --steps 200 --device cpu"]="a trained gate's fold is exact, where a table was good to 1e-5"
    ["compare --experts 2 --router top-1 --seeds 2 --average 40 --ramp 40"]="the cusp's x is exact, where a minimum was good to 1e-8"
    ["compare --tokens data/digits.csv --gate class-means:0,1 --router top-1 --router probmoe-exact-k,k=1 --seeds 2 --average 40 --ramp 40"]="the cusp's x is exact, where a minimum was good to 1e-8"
    ["diagram --model softmax --experts 8 --vary feedback=1:12 --set bias_1=0.05"]="states of 2 to 8 winners were missing"
    ["locus --model exact-k --experts 6 --top-k 2 --vary feedback=2:12 --vary bias_1=-1:1"]="folds of winners among equal experts were missing"
    ["locus --model softmax --experts 2 --controller integral --set leak=0.1 --vary feedback=0.5:12 --vary gain=0.01:1"]="one Hopf curve was found twice"
    ["sweep --model softmax --experts 3 --vary feedback=1:6 --vary bias_1=-1:1 --grid --points 7"]="states that no start reaches are counted"
    ["exact --model softmax --experts 64"]="numbers of copies are whole numbers"
    ["simulate --tokens data/digits.csv --gate random:3 --router adaptive-clustering --steps 40 --burn-in 5 --device cpu"]="the last column is a label only where labels are said or asked for"
    ["compare --experts 8 --router probmoe-exact-k,k=2 --seeds 2 --average 40 --ramp 40"]="slopes of subset loads are sums in another order: the last bits of a threshold"
)

commands() {
    cat <<'END'
diagram --vary feedback=0.5:20
diagram --vary feedback=0.5:20 --set bias=0.1
diagram --vary bias=-3:3 --set feedback=6
diagram --vary beta=0.2:6
diagram --vary feedback=0.5:12 --step 0.5
diagram --vary feedback=-12:0 --step 0.5
diagram --model softmax --experts 3 --vary feedback=1:6
diagram --model softmax --experts 8 --vary feedback=1:12
diagram --model softmax --experts 8 --vary feedback=1:12 --set bias_1=0.05
diagram --model softmax --experts 64 --vary feedback=40:70 --depth 1
diagram --model softmax --experts 5 --vary feedback=1:9 --depth 1 --max-step 0.05
diagram --model exact-k --experts 4 --top-k 2 --vary feedback=1:16
diagram --model exact-k --experts 8 --top-k 2 --vary feedback=1:20 --depth 1
diagram --model softmax --experts 2 --controller integral --set gain=0.2 --set leak=0.05 --vary feedback=0.5:8
diagram --model softmax --experts 3 --controller integral --set gain=0.5 --set leak=0.1 --vary feedback=0.5:8 --depth 2
diagram --model token-response --tokens data/digits.csv --gate class-means:0,1 --vary feedback=0.1:6
diagram --model token-response --tokens mixture:-1/0.6,1/0.6 --set beta=2 --vary feedback=0.5:8
diagram --model token-softmax --tokens data/digits.csv --gate class-means:0,1,2 --set beta=4 --vary feedback=0.2:3 --depth 1
diagram --vary feedback=0.5:20 --max-points 20
locus --vary feedback=1.5:20 --vary bias=-9:9
locus --vary feedback=1.5:20 --vary bias=-9:9 --max-step 0.03
locus --vary beta=0.3:6 --vary bias=-3:3 --set feedback=5
locus --model softmax --experts 3 --vary feedback=1:12 --vary bias_1=-2:2
locus --model softmax --experts 8 --vary feedback=2:12 --vary bias_1=-1:1
locus --model exact-k --experts 6 --top-k 2 --vary feedback=2:12 --vary bias_1=-1:1
locus --model token-response --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --vary feedback=0:6 --vary bias=-2:2
locus --model token-response --tokens mixture:-1/0.6,1/0.6 --set beta=2 --vary feedback=0.5:12 --vary bias=-4:4
locus --model softmax --experts 2 --controller integral --set leak=0.1 --vary feedback=0.5:12 --vary gain=0.01:1
exact
exact --set beta=2 --vary feedback=1:6 --points 31
exact --model softmax --experts 8
exact --model softmax --experts 64
exact --model exact-k --experts 8 --top-k 2
sweep --vary bias=-3:3 --set feedback=6 --rate 0.01
sweep --vary feedback=1:6 --set bias=0.05 --rate 0.01 --direction up
sweep --vary feedback=1:8 --vary bias=-2:2 --grid --points 11
sweep --vary feedback=1:8 --vary bias=-2:2 --basins --points 9 --device cpu
sweep --model softmax --experts 8 --vary feedback=2:10 --set bias_1=1e-6 --rate 0.01
sweep --model softmax --experts 3 --vary feedback=1:6 --vary bias_1=-1:1 --grid --points 7
simulate --steps 300 --burn-in 50 --device cpu
simulate --experts 8 --set feedback=6 --steps 200 --burn-in 20 --replicas 3 --device cpu
simulate --experts 4 --router top-k --steps 100 --burn-in 10 --device cpu
simulate --experts 4 --router probmoe-exact-k --steps 100 --burn-in 10 --device cpu
simulate --experts 4 --router selective-sinkhorn --steps 60 --burn-in 10 --device cpu
simulate --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --set feedback=3 --steps 200 --burn-in 20 --device cpu
simulate --tokens data/digits.csv --gate class-means:0,1 --router soft-moe --steps 40 --burn-in 5 --device cpu
simulate --tokens data/digits.csv --gate random:3 --router adaptive-clustering --steps 40 --burn-in 5 --device cpu
simulate --tokens normal:32/2 --noise none --steps 200 --burn-in 20 --device cpu
response --tokens mixture:-1/0.6,1/0.6 --set beta=2 --batches 16 --points 13
response --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --batches 16 --points 13
validate --tokens mixture:-1/0.6,1/0.6 --set beta=2 --seeds 2 --levels 4 --ramp 60 --settle 10 --average 40 --device cpu
validate --tokens data/digits.csv --gate class-means:0,1 --set beta=4 --seeds 2 --levels 4 --ramp 60 --settle 10 --average 40 --device cpu
validate --trained --data teacher:2/16/4/512 --hidden 8 --vary feedback=-2:4 --points 2 --seeds 2 --steps 200 --device cpu
train --data data/digits.csv --steps 100 --seeds 2 --device cpu
train --data data/digits.csv --experts 2 --hidden none --vary feedback=-2:4 --points 3 --steps 100 --device cpu
train --data mixture:3/4 --router top-k,k=2 --against probmoe-exact-k,k=2 --seeds 2 --steps 100 --device cpu
train --data data/digits.csv --patch 4 --router soft-moe,experts=4,hidden=8 --optimiser adam --steps 50 --device cpu
compare --experts 2 --router top-1 --seeds 2 --average 40 --ramp 40
compare --tokens data/digits.csv --gate class-means:0,1 --router top-1 --router probmoe-exact-k,k=1 --seeds 2 --average 40 --ramp 40
compare --experts 8 --router probmoe-exact-k,k=2 --seeds 2 --average 40 --ramp 40
END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same=0 points=0 meant=0 differing=0 refused=0
while IFS= read -r line; do
    read -ra words <<<"$line"
    code_old=0 code_new=0
    : >"$work/why"
    rm -f "$work"/*.json
    # both write the same name: an answer holds its command
    timeout 300 "$old" "${words[@]}" --out "$work/answer.json" &>/dev/null || code_old=$?
    [[ ! -f $work/answer.json ]] || mv "$work/answer.json" "$work/old.json"
    timeout 300 "$new" "${words[@]}" --out "$work/answer.json" &>/dev/null || code_new=$?
    [[ ! -f $work/answer.json ]] || mv "$work/answer.json" "$work/new.json"
    if [[ ! -s $work/old.json && ! -s $work/new.json ]]; then
        refused=$((refused + 1))  # nothing was compared
        printf 'no answer (exit codes %d and %d): %s\n' "$code_old" "$code_new" "$line"
    elif [[ $code_old == "$code_new" ]] && cmp -s "$work/old.json" "$work/new.json"; then
        same=$((same + 1))
    elif [[ $code_old == "$code_new" ]] &&
        how=$(scripts/compare_answers.py "$work/old.json" "$work/new.json" 2>"$work/why"); then
        case $how in
            bytes) same=$((same + 1)) ;;
            points) points=$((points + 1)) ;;
        esac
    elif [[ -n ${repaired[$line]:-} ]]; then
        meant=$((meant + 1))
        printf 'differs as meant (%s): %s\n' "${repaired[$line]}" "$line"
    else
        differing=$((differing + 1))
        printf 'differs (exit codes %d and %d): %s\n' "$code_old" "$code_new" "$line"
        cat "$work/why"
    fi
done < <(commands)
printf '%d the same, %d with the same points, %d differ as meant, %d differ, %d without an answer\n' \
    "$same" "$points" "$meant" "$differing" "$refused"
((differing == 0 && refused == 0))

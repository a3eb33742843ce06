# calls.sh PROGRAM FOLDER LIBRARY [MOST]: runs commands once for each call that the system may refuse
# (faults.cpp has them). Of each kind of call MOST are refused at most (30 if nothing is said): the first,
# the last, and those at equal distances between; each once alone, and the first of a kind with all later
# ones, as is every allocation.
#
# Whatever fails: the exit code is 0 with the whole answer, or 2 with a sentence; each file is as it was or
# as a sound run leaves it; and there is no other file.
set -euo pipefail
program=$1 folder=$2 library=$3 most=${4:-30}
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
runs=0 faults=0

complain() {
    printf '%s, %s: %s\n' "$name" "$fault" "$1" >&2
    sed 's/^/    /' "$folder/err" | head -3 >&2
    faults=$((faults + 1))
}

# run FOLDER: the command in a folder; its code is in `code`, what it says in out and err.
run() {
    code=0
    (cd "$1" && exec timeout --foreground 60 env "${refuse[@]}" "$program" "${words[@]}") >"$folder/out" 2>"$folder/err" || code=$?
}

# check_files: each is as before or as after, and there is no other.
check_files() {
    local file
    for file in run/*; do
        file=${file#run/}
        # a lock is the other run's, or may be where nobody can tell, or is left, void, by an end at once
        if [[ $file == *.lock ]] && { [[ $fault =~ ^(lock|stat): ]] || grep -q 'memory to run' err; }; then
            continue
        fi
        if [[ ! -e after/$file ]]; then
            complain "it left $file"
        elif ((code == 0)); then
            cmp -s "run/$file" "after/$file" || complain "it said that all is well, but $file is not"
        else
            cmp -s "run/$file" "after/$file" || cmp -s "run/$file" "before/$file" || complain "it broke $file"
        fi
    done
    for file in before/*; do
        [[ -e run/${file#before/} ]] || complain "it lost ${file#before/}"
    done
}

check_answer() {
    # with fewer threads it only takes longer
    if [[ $fault == thread:* ]] && ((code != 0)); then complain "it ended with $code"; fi
    case $code in
        0) cmp -s out out.after || complain 'it said that all is well, but its answer is not whole' ;;
        2)
            # the sentence itself may be what could not be written
            if ! grep -q '^moebius: ' err && [[ $fault != write:* ]]; then complain 'it ended without a sentence'; fi
            if grep -Eq 'terminate called|filesystem error|std::|basic_|_M_|what\(\)' err; then
                complain 'it said a raw text'
            fi
            ;;
        *) complain "it ended with $code" ;;
    esac
}

# refused CALL:NUMBER: one run; false if the command made no such call.
refused() {
    fault=$1
    rm -rf run mark && cp -r before run
    refuse=(LD_PRELOAD="$library" MOEBIUS_FAULT="$fault" MOEBIUS_FAULT_MARK="$folder/mark")
    run run
    [[ -e mark ]] || return 1
    runs=$((runs + 1))
    check_answer
    check_files
}

# count_of CALL: how many the command makes, in `total`, found by doubling and halving.
count_of() {
    local least=0 beyond=1 middle
    while refused "$1:$beyond"; do least=$beyond beyond=$((beyond * 2)); done
    while ((beyond - least > 1)); do
        middle=$(((least + beyond) / 2))
        if refused "$1:$middle"; then least=$middle; else beyond=$middle; fi
    done
    total=$least
}

# hold NAME WORD...: all faults of a command in the folder `before`.
hold() {
    name=$1 words=("${@:2}") refuse=(NO_COLOR=1) fault='nothing'
    local call n made counts=''
    rm -rf after && cp -r before after
    run after
    mv out out.after
    ((code == 0)) || complain "the sound run ended with $code"
    for call in open read write close sync rename lock stat map thread spawn memory; do
        count_of $call
        counts+=" $call $total"
        made=$((total < most ? total : most))
        for ((n = 0; n < made; ++n)); do
            # from 1 to total; with threads the last may not come
            refused "$call:$((made == 1 ? 1 : 1 + n * (total - 1) / (made - 1)))" || true
            if [[ $call == memory ]]; then refused "$call:$((1 + n * total / made))-" || true; fi
        done
        refused "$call:1-" || true # and each from the first on
    done
    printf '%s: %d runs so far;%s\n' "$name" $runs "$counts"
}

old() {
    rm -rf before && mkdir before
    for file in "$@"; do echo old >"before/$file"; done
}

old d.json d.svg
plot=(--plot d.svg)
if ! command -v gnuplot >/dev/null; then
    echo 'there is no gnuplot: no figure is drawn' >&2
    plot=()
fi
hold diagram diagram --vary feedback=0.5:6 --max-points 40 --max-step 1 --out d.json "${plot[@]}"
old s.csv
hold simulate simulate --set feedback=1 --batch 16 --steps 20 --burn-in 4 --record-every 4 --replicas 3 --out s.csv \
    --threads 3
if ((${#plot[@]} > 0)); then
    old
    (cd before && "$program" sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 3 --out g.json >/dev/null)
    echo old >before/g.svg
    hold plot plot g.json --out g.svg
fi
old
train=(train --data mixture:3/4/3/0/0.2/60 --hidden 2 --batch 8 --evaluate-every 10 --threads 2)
(cd before && "$program" "${train[@]}" --steps 10 --checkpoint c.npy >/dev/null)
echo old >before/t.json
hold train "${train[@]}" --steps 20 --checkpoint c.npy --out t.json

printf '%d runs with a fault, %d complaints\n' $runs $faults
((faults == 0 && runs > 100))

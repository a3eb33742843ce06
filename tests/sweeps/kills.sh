# kills.sh PROGRAM FOLDER COUNT [ranks]: kills one or both of two shards of a sweep, or of two ranks of mpirun, at
# random moments, COUNT times, and goes on: each point is done once, but for those in flight at a kill, and the table is that of a run
# that nobody killed. Numbers of the moments come from FAULTS_SEED (1).
set -euo pipefail
program=$1 folder=$2 count=$3 by=${4:-shards}
. "$(dirname "${BASH_SOURCE[0]}")/plans.sh"
RANDOM=${FAULTS_SEED:-1}
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
plan spin >sweep.json
"$program" run sweep.json --journal whole >/dev/null
"$program" merge whole --out whole.csv >/dev/null

# check_once: the journals make the table, and have a record a point. One has 24 bytes behind the heading,
# whose length is in bytes 8 to 11.
check_once() {
    "$program" merge killed --out killed.csv >/dev/null
    cmp killed.csv whole.csv
    local records=0 journal
    for journal in killed/*.journal; do
        records=$((records + ($(stat -c %s "$journal") - 20 - $(od -An -tu4 -j8 -N4 "$journal")) / 24))
    done
    ((records == $(wc -l <whole.csv) - 1)) || { echo "$records records" >&2; return 1; }
}

kills=0 runs=0 whole=0
# start: two processes that compute, whose numbers are `children`; at a random moment of their work
start_shards() {
    children=()
    for part in 0 1; do
        "$program" run sweep.json --journal killed --shard $part/2 --threads 2 >/dev/null 2>&1 &
        children+=($!)
    done
    sleep "0.0$((RANDOM % 90 + 10))"
}
ranks_of() {
    local child
    children=()
    for child in $(cat /proc/"$1"/task/*/children); do
        if tr '\0' ' ' <"/proc/$child/cmdline" 2>/dev/null | grep -q 'run [a-z]*.json'; then children+=("$child"); fi
    done
}
start_ranks() {
    mpirun --oversubscribe -n 2 "$program" run sweep.json --journal killed >/dev/null 2>&1 &
    local launcher=$! tries=0
    until ranks_of $launcher && ((${#children[@]} == 2)); do
        ((++tries < 500)) || { echo 'mpirun started no two ranks' >&2; exit 1; }
        sleep 0.01
    done
    sleep "0.$((RANDOM % 60 + 10))"
}
if [[ $by == ranks ]] && ! { command -v mpirun >/dev/null && [[ $(ldd "$program") == *libmpi* ]]; }; then
    echo 'not run: mpirun (Open MPI is not here, or was not when this was built)'
    exit 77
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

while ((kills < count)); do
    ((runs += 1))
    start_$by
    victims=("${children[RANDOM % 2]}")
    ((RANDOM % 3 > 0)) || victims=("${children[@]}") # or all
    for victim in "${victims[@]}"; do
        kill -KILL "$victim" 2>/dev/null && ((kills += 1))
    done
    for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null || true; done
    wait 2>/dev/null || true
    # begun anew when it is done, so that kills come at all stages
    if "$program" merge killed --out part.csv >/dev/null 2>&1; then
        check_once
        ((whole += 1))
        rm -r killed
    fi
done
for part in 0 1; do "$program" run sweep.json --journal killed --shard $part/2 >/dev/null; done
check_once
printf '%d kills in %d runs of %d sweeps: each point once\n' "$kills" "$runs" $((whole + 1))

# one rank of a refined sweep is asked to stop: the others, which meet it after each round, stop, too
if [[ $by == ranks ]]; then
    plan slow >slow.json
    mpirun --oversubscribe -n 2 "$program" run slow.json >/dev/null 2>&1 &
    launcher=$!
    until ranks_of $launcher && ((${#children[@]} == 2)) && [[ -e slow.json.journal ]]; do
        kill -0 $launcher || { echo 'mpirun ended before its ranks were seen' >&2; exit 1; }
        sleep 0.01
    done
    sleep 0.5
    kill -TERM "${children[1]}"
    for ((waited = 0; waited < 600; ++waited)); do kill -0 $launcher 2>/dev/null || break; sleep 0.1; done
    ((waited < 600)) || { kill $launcher; echo 'a rank waits for one that has stopped' >&2; exit 1; }
fi

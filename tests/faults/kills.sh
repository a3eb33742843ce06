# kills.sh PROGRAM FOLDER [COUNT]: stops `train --checkpoint` COUNT times (3 if nothing is said) at random
# moments, half by SIGKILL and half by SIGTERM, and goes on: the last bytes are those of a run that nobody
# stopped. Numbers of the moments come from FAULTS_SEED (1).
set -euo pipefail
program=$1 folder=$2 count=${3:-3}
RANDOM=${FAULTS_SEED:-1}
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
train=("$program" train --device cpu --data mixture:3/4/3/0/0.2/600 --hidden 16 --batch 32 --vary feedback=0:4 --points 3
    --seeds 4 --steps 3000 --evaluate-every 50 --threads 2 --checkpoint c.npy --out t.json)

from=$(date +%s%N)
"${train[@]}" >/dev/null
took=$((($(date +%s%N) - from) / 1000000))
mv t.json whole.json
mv c.npy whole.npy

stopped=0
for ((i = 0; i < count; ++i)); do
    signal=$([[ $((i % 2)) == 0 ]] && echo KILL || echo TERM)
    rm -f c.npy t.json
    # stopped twice in a row, so that a checkpoint of a resumed run is resumed, too
    for part in 1 2; do
        "${train[@]}" >/dev/null 2>&1 &
        child=$!
        wait_ms=$((RANDOM % took * 2 / 3))
        sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
        kill -$signal $child 2>/dev/null && stopped=$((stopped + 1))
        wait $child 2>/dev/null || true
    done
    if ! "${train[@]}" >/dev/null 2>said || ! cmp t.json whole.json || ! cmp c.npy whole.npy; then
        printf 'kill %d by %s: other bytes than those of a whole run; %s\n' "$i" $signal "$(cat said)" >&2
        exit 1
    fi
done
printf '%d runs stopped %d times: the bytes of a whole run\n' "$count" "$stopped"
((stopped > 0))

# two_writers.sh PROGRAM FOLDER: while one training writes a checkpoint, another on the same file is refused
# with a sentence and exit code 2, and the first is not disturbed. Killed without a word it leaves no lock.
set -euo pipefail
program=$1 folder=$2
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
train=("$program" train --device cpu --data mixture:3/4/3/0/0.2/600 --hidden 16 --batch 32 --seeds 8 --evaluate-every 50
    --threads 1 --checkpoint c.npy)

"${train[@]}" --steps 100 --out first.json >/dev/null
"${train[@]}" --steps 10000000 --out t.json >/dev/null 2>&1 &
first=$!
trap 'kill -9 $first 2>/dev/null || true' EXIT
sleep 0.5
code=0
timeout -s KILL 10 "${train[@]}" --steps 10000000 --out second.json >/dev/null 2>said || code=$?
kill -0 $first
if ((code != 2)) || ! grep -q '^moebius: .*c\.npy' said || [[ -e second.json ]]; then
    printf 'the second writer ended with %d: %s\n' $code "$(cat said)" >&2
    exit 1
fi
kill -9 $first
wait $first 2>/dev/null || true
"${train[@]}" --steps 10000000 --out t.json >/dev/null 2>said &
first=$!
sleep 0.5
kill -0 $first # it goes on from what the killed one left

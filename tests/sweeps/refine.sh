# refine.sh PROGRAM FOLDER: a refined sweep places the folds of two experts within half a step of the closed form,
# with few points of the finest grid.
set -euo pipefail
program=$1 folder=$2
. "$(dirname "${BASH_SOURCE[0]}")/plans.sh"
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
plan refined >sweep.json
"$program" run sweep.json --threads 2
"$program" merge sweep.json.journal --out sweep.csv
python3 - <<'EOF'
import collections
import csv
import math

columns, finest = collections.defaultdict(list), (10 * 32 + 1) * (11 * 32 + 1)
with open("sweep.csv", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        columns[float(row["feedback"])].append((float(row["bias"]), float(row["states"])))
points, step, worst, folds = sum(map(len, columns.values())), 2 / (11 * 32), 0, 0
for feedback, column in columns.items():
    if feedback <= 2:
        assert feedback == 2 or all(states == 1 for _, states in column)  # below the cusp
        continue
    # x' = feedback tanh(x / 2) - x + bias = 0 with a slope of 0: cosh(x / 2)^2 = feedback / 2
    x = 2 * math.acosh(math.sqrt(feedback / 2))
    fold = feedback * math.tanh(x / 2) - x
    if fold < step / 2:
        continue  # between the two states of the grid next to bias 0 nothing is seen
    column.sort()
    places = [(a + b) / 2 for (a, s), (b, t) in zip(column, column[1:]) if s != t and b > 0 and b - a < 1.01 * step]
    assert places, f"no fold at feedback {feedback}"
    worst, folds = max(worst, min(abs(place - fold) for place in places)), folds + 1
print(f"{points} of {finest} points; {folds} folds, within {worst / step:.3f} steps")
assert folds > 200 and worst <= 0.5 * step * (1 + 1e-9)  # the sum of roundings is far below
assert points < finest / 20
EOF
# Wherever it was interrupted: cut off after some of its records, of 24 bytes, it goes on to the same table.
journal=sweep.json.journal/shard-00000-of-00001.journal
whole=$(stat -c %s "$journal")
for lost in 1 2 3 5 50 171 500 863 1201 1500 1777 2000 2222; do
    test $((24 * lost)) -lt "$whole" || continue
    rm -rf cut && cp -r sweep.json.journal cut
    truncate -s -$((24 * lost)) "cut/${journal##*/}"
    "$program" run sweep.json --journal cut >/dev/null
    "$program" merge cut --out cut.csv >/dev/null
    cmp cut.csv sweep.csv
done

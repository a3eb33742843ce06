# A short validation: its table is the answer on the screen, one JSON file, two figures; the same
# bytes for one thread and two.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
short="--set beta=2 --seeds 2 --levels 4 --ramp 100 --average 60 --batch 32"
"$program" validate $short --out v.json >table
for title in "steady states" "jumps" "cusps" "theory and measurement agree"; do
    grep -q "^$title" table
done
grep -q '"schema": "moebius.validate/1"' v.json
grep -q '"verdict": "theory and measurement agree' v.json
"$program" validate $short --threads 1 >one
"$program" validate $short --threads 2 >two
cmp one two
if command -v gnuplot >/dev/null; then
    "$program" plot v.json --out v.svg
    grep -q 'measured, feedback up' v-diagram.svg
    grep -q 'jump, bias swept' v-cusp.svg
fi

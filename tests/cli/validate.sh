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
# Many experts, and a controlled loop: the same of each.
experts="--experts 4 --seeds 3 --levels 5 --ramp 60 --settle 25 --average 30 --members 16"
controlled="--controller integral,gain=0.5 --step 0.1 --batch 512 --seeds 2 --levels 2 --settle 60 --average 120"
"$program" validate $experts --out e.json >table || test $? = 3
for title in "steady states" "jumps" "equal and unequal loads both stable" "winners of 3 runs up"; do
    grep -q "^$title" table
done
"$program" validate $controlled --out o.json >table || test $? = 3
grep -q '^equal loads are lost at feedback 2.45000 (equations: Hopf 2.50000)' table
grep -q '^cycle of the continuation at' table
for words in "$experts" "$controlled"; do
    "$program" validate $words --threads 1 >one || test $? = 3
    "$program" validate $words --threads 2 >two || test $? = 3
    cmp one two
done
# Held training beside free runs, which know nothing of the hold's speed.
held="--trained --follow --data mixture:2/4/3/0/0.2/200 --experts 2 --hidden 4 --steps 80 --record-every 20
    --vary feedback=0:4 --points 2 --seeds 2 --age 40 --settle 1 --average 1 --chance 0 --set hold_speed=0.2"
for threads in 1 2; do
    "$program" validate $held --held compare --device cpu --threads $threads --out held.json >held-$threads || test $? = 3
done
cmp held-1 held-2
for title in "followed  " "training  " "followed less training" "Followed to the last batch"; do grep -q "^$title" held-1; done
grep -q gap_followed held.json && grep -q followed_off held.json
if "$program" validate $held --device cpu 2>refused; then exit 1; fi
grep -q "^moebius: --age: it came for validate --trained without --held" refused
free=$(echo $held | sed 's/--follow//; s/--age 40//')
if "$program" validate $free --device cpu 2>refused; then exit 1; fi
grep -q "0.2 came, but no loads are held" refused
"$program" validate $(echo $held | sed 's/feedback=0:4/feedback=0:0.1/') --held compare --device cpu >near || test $? = 3
grep -q "^Nowhere does frozen theory miss the gap by 0.3 or more" near
if grep -q nan near; then exit 1; fi
# A sweep of what validate follows; what diagnose follows, a file that grows, is a run's own.
followed="validate $(echo $held | tr '\n' ' ') --held predict --device cpu"
sweep='"schema": "moebius.plan/1", "axes": [{"option": "level", "values": [0.8, 0.95]}]'
echo "{$sweep, \"command\": \"$followed\", \"keep\": {\"gap\": \"/held_points/gap_followed/0\"}}" >followed-plan.json
"$program" run followed-plan.json --journal followed.j >/dev/null
"$program" merge followed.j --out followed-rows.csv
test "$(cut -d, -f2 followed-rows.csv | sort -u | wc -l)" = 2 # a heading, and one gap at both levels
echo "{$sweep, \"command\": \"diagnose --follow x.csv\", \"keep\": {\"gap\": \"/a\"}}" >waiting-plan.json
if "$program" plan check waiting-plan.json 2>refused; then exit 1; fi
grep -q "^moebius: .*--follow came, but points write no files, wait for none" refused
if command -v gnuplot >/dev/null; then
    "$program" plot v.json --out v.svg
    grep -q 'measured, feedback up' v-diagram.svg
    grep -q 'jump, bias swept' v-cusp.svg
    "$program" plot e.json --out e.svg
    for text in 'equal loads' '1 winner' 'jump, measured' 'measured, feedback down'; do grep -q "$text" e.svg; done
    "$program" plot o.json --out o.svg
    for name in growth period amplitude; do grep -q measured o-$name.svg; done
fi

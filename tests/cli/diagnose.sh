# A log says the same in each format; traps are named, what is no log is refused, a growing one followed.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# loads FORMAT: 40 steps, 3 layers, 4 experts; layer 2 leans more and more on one.
loads() {
    awk -v format="$1" 'BEGIN {
        if (format == "long") print "step,layer,expert,tokens"
        if (format == "wide") { printf "Step"; for (l = 0; l < 3; ++l) for (e = 0; e < 4; ++e)
            printf ",\"run - train/TokensTotal/layer%d/expert%d\"", l, e; print "" }
        for (s = 0; s < 40; ++s) {
            if (format == "wide") printf "%d", s
            for (l = 0; l < 3; ++l) {
                more = l == 2 ? 5 * s : (s * (l + 3)) % 7
                n[0] = 250 + more; n[1] = 251 - more; n[2] = 249; n[3] = 250
                if (format == "json") printf "{\"step\": %d, \"layer\": %d, \"counts\": [%d, %d, %d, %d]}\n",
                    s, l, n[0], n[1], n[2], n[3]
                for (e = 0; e < 4; ++e)
                    if (format == "long") printf "%d,%d,%d,%d\n", s, l, e, n[e]
                    else if (format == "wide") printf ",%d", n[e]
            }
            if (format == "wide") print ""
        }
    }'
}
loads long >long.csv
loads wide >wide.csv
loads json >log.jsonl
{ head -1 long.csv; tail -n +2 long.csv | sort -t, -k4; } >other_order.csv
for log in long.csv wide.csv log.jsonl other_order.csv; do
    "$program" diagnose "$log" --format csv >"$log.table"
    cmp "$log.table" long.csv.table
done
test "$(wc -l <long.csv.table)" = 4 # names and three layers
test "$(cut -d, -f2 <long.csv.table | tr '\n' ' ')" = 'layer 0 1 2 ' # as the log calls them
# verdicts, reasons and what a margin is of are words in it, as in JSON
"$program" diagnose long.csv --out words.json >summary
python3 - <<'END'
import csv, json
one, rows = json.load(open("words.json")), list(csv.DictReader(open("long.csv.table")))
assert [row["verdict"] for row in rows] == [one["verdicts"][int(v) - 1] for v in one["layers"]["verdict"]], rows
assert [row["reason"] for row in rows] == one["reasons"] and all(one["reasons"]), rows
assert [row["margin_of"] for row in rows] == one["margins_of"] and [row["knob"] for row in rows] == one["knobs"], rows
assert [row["notes"] for row in rows] == one["layer_notes"] and [row["had"] for row in rows] == one["had"], rows
# all that has a name is defined
told = {line.split(":")[0].split(" (")[0] for line in one["definitions"]}
ends = {f"{name}_{end}" for name in told for end in ("low", "high")}
tables = {name for name, part in one.items() if isinstance(part, dict) and name not in ("parameters", "options")}
missing = ({*one["layers"], *tables} - {"layers", "layer", "log"}) - told - ends
assert not missing, missing
END

# what a CSV has no place for is told beside it: of the log, and what cannot be told of each layer
awk 'BEGIN { srand(3); print "step,layer,expert,tokens"; for (s = 0; s < 400; ++s) { left = 1000
    for (e = 0; e < 4; ++e) { n = e < 3 ? 240 + int(20 * rand()) : left; left -= n
    printf "%d,0,%d,%.4f\n", s, e, n / 3000 } } }' >rank0.csv
"$program" diagnose rank0.csv >summary
"$program" diagnose rank0.csv --format csv >table 2>said
grep -q '^read: .*rank' summary && grep -q '^[^:]*: cannot tell swings' summary
grep '^read: ' summary | while read -r line; do grep -qF "moebius: $line" said; done
grep -q 'cannot tell swings' table
"$program" diagnose rank0.csv --out table.csv >summary 2>said
grep -q '^read: ' summary && test ! -s said

# the last 10 steps of layer 2: 250 + 5 * 34.5 of 1000
"$program" diagnose long.csv --window 10 --out report.json >summary
grep -q '^ *2 *40 *1.69 ' summary
grep -q '^max/mean: largest load / mean load' summary
grep -q '"schema": "moebius.diagnose/1"' report.json

# of series that are no loads of steps no distance is told
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 300; ++s) for (e = 0; e < 4; ++e) {
    sum[e] += 250 + (s * (e + 3) % 7); printf "%d,0,%d,%d\n%d,1,%d,%d\n", s, e, sum[e], s, e, 250 + e } }' >no_steps.csv
"$program" diagnose no_steps.csv >summary
grep -q '^distance of layer 0: cannot tell: its loads never fall' summary
grep -q '^distance of layer 1: cannot tell: its loads never change$' summary

# rejected SENTENCE ARGUMENT...
rejected() {
    sentence=$1 && shift
    code=0
    "$program" diagnose "$@" >printed 2>said || code=$?
    test $code = 2 && test ! -s printed && grep -qF "moebius: $sentence" said
}
rejected 'diagnose: no file came, but'
rejected 'diagnose: --follow came beside files, but' long.csv --follow long.csv
rejected 'diagnose: --window is 0, but it must be a step or more' long.csv --window 0
for words in '--top-k 1.5' '--top-k 0'; do
    rejected "settings of the log: ${words% *} is ${words#* }, but it must be a whole number from 1" long.csv $words
done
printf 'step,layer,expert,tokens\n0,0,0,5\n' >one.csv
rejected 'diagnose: --restore is 7, but a margin between 0 and 1 can be restored' one.csv --restore 7
rejected './long.csv: it came twice, but a part of a log is read once' long.csv ./long.csv
rejected 'nothing.csv: No such file or directory' nothing.csv
rejected 'log.jsonl: it is JSONL after CSV, but the parts of a log have one format' long.csv log.jsonl
cp long.csv again.csv
"$program" diagnose long.csv again.csv >summary
grep -q '^read: rows of steps .* came again with the same numbers, and count once$' summary
sed '2s/$/1/' long.csv >again.csv
rejected 'long.csv, again.csv: step 0, layer 0: expert 0 comes twice' long.csv again.csv
printf '\200\004\225pickle' >loads.pt
rejected 'loads.pt: it is a pickle, which runs what it holds and is never opened' loads.pt
for word in safe cannot-tell 'cannot tell'; do
    code=0
    "$program" diagnose long.csv --fail-on "$word" >summary || code=$?
    test $code = 3
done
for word in drifting coexistence 'inside the coexistence window' losing-balance; do
    "$program" diagnose long.csv --fail-on "$word" >summary
done
"$program" diagnose --help | grep -q 'safe, cannot-tell, drifting, coexistence, oscillating, losing-balance, collapsed$'

# shown: one figure of the worst layer and of all, and a page with both that needs nothing beside it.
"$program" diagnose long.csv --plot course.svg --report page.html --out course.json >summary 2>said
test -z "$(ls course-*)" && test ! -s said
grep -q '>load over the mean load<' course.svg && grep -q '>largest load over the mean load<' course.svg
test "$(grep -c '<svg' page.html)" = 2 && grep -q '<h2>Layers</h2>' page.html
! grep -q 'src=\|href="http\|@import' page.html
grep -q '"history"' course.json
"$program" plot course.json --out again.svg && cmp course.svg again.svg
rejected '--report and --out: page.html came twice' long.csv --out page.html --report page.html ||
    rejected '--out and --report: page.html came twice' long.csv --out page.html --report page.html
printf 'step,layer,expert,tokens\n0,<b>&,0,1\n0,<b>&,1,2\n' >names.csv
"$program" diagnose names.csv --report names.html >summary
grep -q '&lt;b&gt;&amp;' names.html && ! grep -q '<b>' names.html
# names of layers are shown, whatever they hold, and never obeyed
printf 'step,layer,expert,tokens\n0,up\033[2J,0,1\n0,up\033[2J,1,2\n0,"a,b",0,3\n0,"a,b",1,4\n' >escape.csv
"$program" diagnose escape.csv --report escape.html >escape.txt
"$program" diagnose escape.csv --format csv >escape.table
for shown in escape.html escape.txt escape.table; do
    grep -q 'up.x1b\[2J' $shown
    ! grep -q "$(printf '\033')" $shown
done
grep -q '^1,"a,b",1,' escape.table

# followed: a step is told once it is whole, the last one, too; Ctrl-C ends it.
head -100 long.csv >growing.csv
"$program" diagnose --follow growing.csv >lines &
running=$!
tail -n +101 long.csv >>growing.csv
tries=0
until test "$(wc -l <lines)" = 40; do
    tries=$((tries + 1)) && test $tries -lt 600
    sleep 0.1
done
printf '40,0,0,250\n40,0,1,251\n' >>growing.csv && kill -s INT $running # a part of a step
code=0
wait $running || code=$?
test $code = 130 && test "$(wc -l <lines)" = 40
grep -q '^step 39  max/mean 1\.[0-9]* (layer 2)  CV .* dead 0 of 12  [a-z ]* (layer [012]: [^:;]*)$' lines

for log in wide.csv log.jsonl; do
    "$program" diagnose --follow $log >"$log.lines" &
    running=$!
    tries=0
    until grep -q '^step 39 ' "$log.lines"; do
        tries=$((tries + 1)) && test $tries -lt 600
        sleep 0.1
    done
    kill -s INT $running
    wait $running || test $? = 130
    cmp "$log.lines" lines
done

# until_true WORD...: waits for it, a minute at most.
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1)) && test $tries -lt 600
        sleep 0.1
    done
}

has_lines() { test "$(wc -l <lines)" = "$1"; }

# a follower may be first: it waits for the file, and for one that replaces it; Ctrl-C ends that, too
"$program" diagnose --follow late.csv >lines 2>said &
running=$!
until_true grep -q '^moebius: late.csv: it is not there yet, and is waited for$' said
cp wide.csv part && mv part late.csv
until_true grep -q '^step 39 ' lines
cmp lines wide.csv.lines
cp wide.csv part && mv part late.csv # as os.replace does
until_true has_lines 80
until_true grep -q '^moebius: late.csv: it was cut or replaced, and is read from its start$' said
test "$(wc -l <said)" = 2
head -11 wide.csv >late.csv
until_true has_lines 90
kill -s INT $running
wait $running || test $? = 130
"$program" diagnose --follow never.csv >lines 2>said &
running=$!
until_true grep -q 'never.csv: it is not there yet' said
kill -s INT $running
code=0
wait $running || code=$?
test $code = 130 && test "$(wc -l <said)" = 1
rejected 'nowhere/log.csv: No such file or directory' --follow nowhere/log.csv
# a pipe ends it
for input in /dev/stdin -; do
    cat wide.csv | "$program" diagnose --follow $input >lines
    cmp lines wide.csv.lines
done
head -13 long.csv | "$program" diagnose --follow - >lines # the one step that there is
head -1 wide.csv.lines | cmp - lines

# the largest of the layers that have loads is told, and of their experts how many are dead
for step in 0 1; do printf '%s,a,2,1\n%s,b,5,0\n%s,c,0,0\n' $step $step $step; done >parts
(echo step,layer,e0,e1 && cat parts) | "$program" diagnose --follow /dev/stdin >lines 2>said
grep -q '^step 1  max/mean 2.0000 (layer b) .* dead 1 of 4 ' lines

# a step without a load is none, read or followed
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 60; ++s) for (e = 0; e < 4; ++e)
    printf "%d,0,%d,%d\n", s, e, s < 40 ? 250 + (s * (e + 3) % 7) : 0 }' >buffer.csv
"$program" diagnose buffer.csv >summary
grep -q '^ *0 *40 ' summary
grep -q '^read: .* were left out: 20 of 60, from step 40 to the end' summary
"$program" diagnose --follow buffer.csv >lines 2>said &
running=$!
tries=0
until grep -q 'step 40 has no load in any layer and was left out, as all such steps are' said; do
    tries=$((tries + 1)) && test $tries -lt 600
    sleep 0.1
done
kill -s INT $running
wait $running || test $? = 130
test "$(wc -l <lines)" = 40
cat buffer.csv | "$program" diagnose --follow - >lines 2>said
test "$(wc -l <lines)" = 40 && test "$(grep -c 'has no load' said)" = 1

# one that goes back is a restart all the same
awk 'BEGIN { print "step,layer0/expert0,layer0/expert1"; for (s = 0; s < 12; ++s) print s "," 5 + s % 3 ",7"
    print "0,0,0"; for (s = 1; s < 4; ++s) print s ",6,7" }' >back.csv
cat back.csv | "$program" diagnose --follow /dev/stdin --format json >lines 2>said
grep -q '^moebius: step 0 came again, as of a run that was restarted' said
tail -1 lines | grep -q '^{"step":3,.*"steps":3,'

# as JSON, and ended by a verdict: one expert takes all from step 100 on
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 400; ++s) for (e = 0; e < 4; ++e)
    printf "%d,0,%d,%d\n", s, e, s < 100 ? 250 + (s * (e + 3) % 7) : (e == 0 ? 990 : 3) }' >run.csv
code=0
timeout 60 "$program" diagnose --follow run.csv --format json --fail-on collapsed >lines || code=$?
test $code = 3
tail -1 lines | python3 -c 'import json, sys; line = json.load(sys.stdin)
assert line["verdict_of"] == "0" and line["verdict"] == "collapsed" == line["layers"][0]["verdict"] and 100 < line["step"] < 399, line'
# a warning is told in each line behind it, and may end it; this one rises, is warned of, and comes back
awk 'BEGIN { srand(5); print "step,layer,expert,tokens"; for (s = 0; s < 1400; ++s) { x = s < 700 ? s : 1400 - s
    w[0] = exp(2.5 * x / 700); sum = w[0] + 7; for (e = 0; e < 8; ++e) printf "%d,x,%d,%d\n", s, e,
    4096 * (e == 0 ? w[0] : 1) / sum + 20 * rand() } }' >warned.csv
"$program" diagnose warned.csv --format csv >table
warned=$(python3 -c 'import csv, sys; print(next(csv.DictReader(sys.stdin))["warned_at"])' <table)
cat warned.csv | "$program" diagnose --follow - >lines
test "$(grep -c "  first warned of at step $warned (layer x)\$" lines)" = $((1400 - warned))
cat warned.csv | "$program" diagnose --follow - --format json | tail -1 | python3 -c 'import json, sys; line = json.load(sys.stdin)
assert line["warned_at"] == int(sys.argv[1]) and line["warned_of"] == "x", line' "$warned"
# also behind a restart, whose steps are few
restarted=$(awk -F, '$1 != 1300 && $1 != 1301 { next } { print $1 "," $2 "," $3 "," $4 + 1 }' warned.csv)
{ cat warned.csv && echo "$restarted"; } >restarted.csv
cat restarted.csv | "$program" diagnose --follow - 2>said | tail -1 | grep -q "^step 1301 .*  first warned of at step $warned (layer x)\$"
grep -q 'step 1300 came again, as of a run that was restarted' said
# rows that were appended twice count once; and a file as standard input has an end
{ cat warned.csv && awk -F, '$1 >= 1300' warned.csv | grep -v step; } >twice.csv
"$program" diagnose --follow - <twice.csv >again 2>said
tail -1 lines >last
tail -1 again | cmp - last
grep -q 'step 1300 came again with the same numbers, and counts once' said
code=0
cat warned.csv | "$program" diagnose --follow - --fail-on warned >lines || code=$?
test $code = 3 && test "$(wc -l <lines)" = $((warned + 1))
code=0
"$program" diagnose warned.csv --fail-on warned >summary || code=$?
test $code = 3
"$program" diagnose warned.csv --fail-on losing-balance >summary # it came back
"$program" diagnose long.csv --fail-on warned >summary
# nor does a collapse that loads came back from pass without a word
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 900; ++s) for (e = 0; e < 8; ++e)
    printf "%d,0,%d,%d\n", s, e, (s < 300 || s > 499 ? 500 + s * s * (e + 3) % 23 : e == 0 ? 4000 + s % 7 : 1) }' >came_back.csv
code=0
"$program" diagnose came_back.csv --fail-on warned >summary || code=$?
test $code = 3 && grep -q 'loads were as those of a collapsed router from step 3[0-4]9 to 5[0-4]9' summary
"$program" diagnose came_back.csv --format csv | python3 -c 'import csv, sys; row = next(csv.DictReader(sys.stdin))
assert 300 < int(row["collapsed_at"]) < 350 and row["verdict"] == "drifting", row'
# and what has collapsed is no better for want of a warning
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 250; ++s) for (e = 0; e < 8; ++e)
    printf "%d,0,%d,%d\n", s, e, e == 0 ? 4000 + s % 7 : 1 }' >unwarned.csv
"$program" diagnose unwarned.csv --format csv | python3 -c 'import csv, sys; row = next(csv.DictReader(sys.stdin))
assert row["warned_at"] == "" and row["verdict"] == "collapsed", row'
code=0
"$program" diagnose unwarned.csv --fail-on warned >summary || code=$?
test $code = 3
# what changes nothing is said, once
code=0
timeout 60 "$program" diagnose --follow run.csv --fail-on collapsed --bias-leak 0.1 >lines 2>said || code=$?
test $code = 3 && test "$(grep -c 'changes nothing here: --bias-leak (--balancer integral has one)' said)" = 1
"$program" diagnose long.csv --restore 0.5 >summary
grep -q '^read: no knob is told that restores a margin of 50 %: no layer has a K' summary
rejected '--restore: it came for diagnose --follow, but that does not use it' --follow run.csv --restore 0.5
rejected '--format: csv came beside --follow, but' --follow run.csv --format csv

# probes that train logs are read: moments before dither, which is the mean over directions
"$program" train --data teacher:4/8/8/400 --experts 4 --batch 64 --steps 120 --record-every 1 --set feedback=1 \
    --log probed.npz --moments --dither 0.1 >summary
"$program" diagnose probed.npz --out probed.json >summary
grep -q '"counts, scores, moments, dither"' probed.json && grep -q 'by moments; a collapsed state' probed.json
code=0
"$program" train --data teacher:4/8/8/400 --dither 0.1 >printed 2>said || code=$?
test $code = 2 && grep -q -- '--dither' said

# and simulations: gates that rest have K = feedback beta/decay
"$program" simulate --experts 4 --set feedback=2 --batch 256 --steps 300 --burn-in 10 \
    --log simulated.npz --moments --dither 0.1 >summary
"$program" diagnose simulated.npz --out simulated.json >summary
grep -q '"counts, scores, moments, dither"' simulated.json
# each format in which they are written reads the same, with the true K of the run; one without a place for it is refused
for probes in '' --dither=0.1 '--moments --dither 0.1'; do
    for ending in npz csv tsv jsonl; do
        case "$probes $ending" in *moments*[ct]sv) continue ;; esac
        "$program" simulate --experts 4 --set feedback=2 --controller sign,gain=0.01 --batch 256 --steps 300 \
            --replicas 12 --log "written.$ending" $probes >summary
        "$program" diagnose "written.$ending" --out "written-$ending.json" >"written-$ending.txt"
        cmp "written-$ending.txt" written-npz.txt
        "$program" train --data teacher:4/8/8/400 --experts 4 --batch 64 --steps 200 --record-every 1 \
            --set feedback=1 feedback_end=6 --ramp 150 --seeds 3 --log "trained.$ending" $probes >summary
        "$program" diagnose "trained.$ending" --out "trained-$ending.json" >"trained-$ending.txt"
        cmp "trained-$ending.txt" trained-npz.txt
        python3 - "$ending" <<'END'
import json, sys
for name in "written", "trained":
    one, npz = (json.load(open(f"{name}-{ending}.json")) for ending in (sys.argv[1], "npz"))
    differ = [key for key in npz if key not in ("command", "options") and one[key] != npz[key]]
    assert not differ, (name, sys.argv[1], differ)
END
    done
    test -z "$probes" || grep -q dither written-jsonl.json
done
# of each layer its name: what cannot be told, and the places of tables in the list of names
python3 -c 'import json; one = json.load(open("written-csv.json")); layers = one["layers"]["layer"]
assert [one["layer_names"][layer] for layer in layers] == [str(run) for run in range(12)], layers
assert max(one["history"]["layer"]) == max(one["margins"]["layer"]) == 11
assert one["cannot_be_told"] and all(said.startswith("layer") for said in one["cannot_be_told"]), one["cannot_be_told"]'
grep -q '^# {.*"K":2.0' written.csv && grep -q '^{"config": {.*"K":2.0' written.jsonl

# what a config says may be told instead, the leak of an integral controller, too
"$program" simulate --experts 4 --set feedback=2 --controller integral,gain=2,leak=0.5 --batch 256 --steps 900 \
    --log leaks.csv >summary
"$program" diagnose leaks.csv >of_config
tail -n +2 leaks.csv >bare.csv
tell=$(head -1 leaks.csv | python3 -c 'import json, sys; said = json.loads(sys.stdin.read()[2:])
said["rate"] = said.pop("eta"); said.pop("K"); assert said["bias_leak"] > 0
print(*(f"--{name.replace(chr(95), chr(45))}={value}" for name, value in said.items()))')
"$program" diagnose bare.csv $tell >told
cmp told of_config && grep -q 'by counts of gates that rest' told
"$program" diagnose leaks.csv --bias-leak 0 >without && ! cmp -s without of_config
rejected 'settings of the log: --bias-leak is 2, but it must be 0 to 1' bare.csv --bias-leak 2
# a K, a margin, or why there is none, of each layer and in each format
"$program" diagnose bare.csv --balancer integral --out untold.json >untold.txt
"$program" diagnose bare.csv --balancer integral --format csv >untold.csv
python3 - <<'END'
import csv, json
one, rows = json.load(open("untold.json")), list(csv.DictReader(open("untold.csv")))
assert [row["no_K"] for row in rows] == one["no_K"] and [row["no_margin"] for row in rows] == one["no_margin"], rows
assert "--feedback or --rate would" in one["no_K"][0] and one["no_K"][0] in open("untold.txt").read(), one["no_K"]
END

# of two experts a token all choices are there, with their top_k
for words in 'simulate --steps 300 --batch 256' 'train --data teacher:4/8/8/400 --steps 60 --batch 64 --record-every 1'; do
    "$program" $words --experts 4 --router top-k,k=2 --set feedback=2 --log two.jsonl >summary
    "$program" diagnose two.jsonl --out two.json >summary
    python3 - <<'END'
import json
config, *records = map(json.loads, open("two.jsonl"))
assert config["config"]["top_k"] == 2, config
sums = {sum(one["counts"]) for one in records}
assert sums == {2 * config["config"]["tokens"]}, sums
END
done

# and are drawn: loads and layers, margins with their interval, K beside the fold at 3.2187 and 4
"$program" diagnose simulated.npz --restore 0.6 --report simulated.html --plot simulated.svg >summary
for words in '>margin<' '>least to most<' '>branch point: equal loads are lost<'; do grep -q "$words" simulated.svg; done
grep -q 'feedback from 2 to 1\.[23][0-9]* ([0-9.]* to [0-9.]*) restores a margin of 60 %' summary
grep -q '<td>[0-9.]* \[[0-9.]*, [0-9.]*\]</td><td>[0-9.]* \[[0-9.]*, [0-9.]*\]</td>' simulated.html # K and margin
test "$(grep -c '<svg' simulated.html)" = 4 && grep -q 'fold: a collapsed state exists' simulated.html
grep -q '90 % interval of the first' simulated.html
# and each format has as much of a layer, by the same names: a CSV, a step that is followed, the result
"$program" simulate --experts 4 --set feedback=2 --batch 256 --steps 300 --burn-in 10 \
    --log simulated.jsonl --moments --dither 0.1 >summary
cat simulated.jsonl | "$program" diagnose --follow /dev/stdin --format json >steps
"$program" diagnose simulated.jsonl --out simulated.json >summary
"$program" diagnose simulated.jsonl --out simulated.csv >summary
"$program" diagnose long.csv --out long_columns.csv >summary # of which no K is told, and one margin
python3 - <<'END'
import csv, json
one, step = json.load(open("simulated.json")), json.loads(open("steps").readlines()[-1])["layers"][0]
(row,) = csv.DictReader(open("simulated.csv"))
told = {name: column[0] for name, column in one["layers"].items()} | {"layer": "0", "verdict": step["verdict"]}
texts = {"reason": "reasons", "margin_of": "margins_of", "margin_2_of": "margins_2_of", "margin_3_of": "margins_3_of",
         "knob": "knobs", "no_K": "no_K", "no_margin": "no_margin", "had": "had", "notes": "layer_notes"}
told |= {name: one[texts[name]][0] for name in texts}
del told["log"]
assert step == told and step["K_low"] < step["K"] < step["K_high"] and "fold" in step["margin_of"], step
assert set(row) == {"log", *step}, row
assert all((row[name] == "") == (value in (None, "")) for name, value in step.items()), row
assert one["verdicts"][one["layers"]["verdict"][0] - 1] == step["verdict"]
END
head -1 simulated.csv >names && head -1 long_columns.csv | cmp - names
tail -n +2 long_columns.csv | grep -q ',,,' # what is not known is an empty cell
test "$(grep -c nan long_columns.csv)" = 0

# the page has all that the result has of a layer, under the names of the definitions
"$program" diagnose simulated.npz --restore 0.6 --report simulated.html --out simulated.json >summary
python3 - simulated <<'END'
import html, json, re, sys
one, page = json.load(open(sys.argv[1] + ".json")), html.unescape(open(sys.argv[1] + ".html").read())
titles = {}
for line in one["definitions"]:
    name, title = re.match(r"(\w+)(?: \((.*?\)?)\))?: ", line).groups()
    titles[name] = title or name
rows = [re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr.*?</tr>", page)]
shown = {}
for head, row in zip(rows, rows[1:]):
    if head[0] == "layer":
        shown.update(zip(head, row))
for name, (value, *more) in one["layers"].items():
    if name in ("log", "layer", "verdict", "first_step") or name.endswith(("_low", "_high")) or value is None:
        continue
    assert abs(float(shown[titles[name]].split()[0]) - value) <= 1e-3 * abs(value), (name, value, shown)
for words in "reasons", "knobs", "margins_of", "margins_2_of", "had":
    assert one[words][0] and one[words][0] in shown.values(), (words, one[words], shown)
assert {"spread", "bf16 step", "MaxVio", "next margin", "exp(H)/N"} < set(shown), shown
END
"$program" diagnose long.csv --report many.html >summary # percentiles over its three layers
grep -q '<td class="text">p50</td>' many.html
rejected 'diagnose: --restore is 1, but' simulated.npz --restore 1
python3 -c 'import json; K = json.load(open("simulated.json"))["layers"]["K"][0]; assert abs(K - 2) < 0.1, K'
code=0
"$program" simulate --steps 20 --dither 0.1 >printed 2>said || code=$?
test $code = 2 && grep -q -- '--dither' said
code=0
"$program" simulate --steps 20 --noise none --log x.npz --moments >printed 2>said || code=$?
test $code = 2 && grep -q -- '--moments: --noise is none' said

# a run that went on from a checkpoint: a step a line is read again, which a pipe cannot be
{ cat wide.csv && tail -n +11 wide.csv | awk -F, -v OFS=, '{ swap = $2; $2 = $3; $3 = swap; print }'; } >restarted.csv
"$program" diagnose restarted.csv >summary
grep -q '^read: the log goes back, .*: the rows of steps 9 to 39 that came first were left out' summary
cat restarted.csv | rejected '/dev/stdin, line 42: step 9 came after 39, but steps must increase in a table' /dev/stdin
grep -qF 'a pipe cannot be read twice, and a file can' said

# a run that was killed: the half step at the end is left out, and the verdicts are those of the steps before
awk 'BEGIN { print "step,layer,expert,tokens"; for (s = 0; s < 300; ++s) for (l = 0; l < 2; ++l) for (e = 0; e < 4; ++e)
    printf "%d,%d,%d,%d\n", s, l, e, 250 + (e % 2 ? 1 : -1) * ((s * (l + 3)) % 7) }' >whole.csv
head -n $((1 + 299 * 8)) whole.csv >before.csv
head -n $((1 + 299 * 8 + 2)) whole.csv >half.csv
"$program" diagnose before.csv --format csv >before.table
"$program" diagnose half.csv --format csv >half.table 2>said
cmp before.table half.table
"$program" diagnose half.csv >summary
grep -q '^read: .*the file was cut off there, and that step was left out' summary

# a checkpoint: the state of its biases, and no dynamics
python3 - <<'END'
import json, struct
tensors = {"model.layers.3.mlp.gate.weight": ([4, 2], [1, 0, 0, 2, 3, 0, 0, 4]),
           "model.layers.3.mlp.gate.e_score_correction_bias": ([4], [34.5, 34.25, 34.75, 34.5])}
header, data = {}, b""
for name, (shape, values) in tensors.items():
    raw = struct.pack(f"<{len(values)}f", *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
head = json.dumps(header).encode()
open("gate.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + data)
END
"$program" diagnose gate.safetensors >summary
grep -q '^ *3 *1 .* 34.5 *0.5 .* 0.25$' summary
for words in '^distance of layer 3: cannot tell: it has no loads' '^snapshot: a snapshot has no dynamics' \
    '^bias: layer 3: at their offset bfloat16 rounds biases to 0.25' \
    '^read: gate of layer 3: weights of 4 experts and 2 features, of norms from 1 (expert 0) to 4 (expert 3)' \
    "^read: weights say nothing of loads: moebius simulate --tokens FILE --gate 'gate.safetensors:model.layers.3.mlp.gate.weight'"; do
    grep -q "$words" summary
done
printf '1,0\n0,1\n2,1\n1,2\n' >tokens.csv # and that command runs
"$program" simulate --tokens tokens.csv --gate 'gate.safetensors:model.layers.3.mlp.gate.weight' --steps 20 --batch 8 \
    --log routed.npz >summary
"$program" diagnose routed.npz >summary
rejected 'gate.safetensors: it is a safetensors file, but CSV or JSONL is needed to follow a log' --follow gate.safetensors

# axes in another order than they are read in: of no layer anything is told, unless the experts are
python3 - <<'END'
import random, struct
random.seed(1)
loads = [[[0] * 24 for e in range(8)] for s in range(40)]  # steps, experts, layers
for step in loads:
    for layer in range(24):
        for token in range(300): step[random.randrange(8)][layer] += 1
head = "{'descr': '<i4', 'fortran_order': False, 'shape': (40, 8, 24), }".ljust(117) + "\n"
numbers = [n for step in loads for row in step for n in row]
open("turned.npy", "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(numbers)}i", *numbers))
END
"$program" diagnose turned.npy >summary
grep -q '^distance of layers 0, 1, .*, 7: cannot tell: its axes seem to be in another order' summary
test "$(grep -c '^distance of' summary)" = 1 && grep -q '^read: .*numpy.moveaxis' summary
"$program" diagnose turned.npy --experts 24 >summary
! grep -q 'its axes seem' summary

# Ctrl-C, SIGTERM and SIGHUP keep what was computed and say so, in the file, too; the exit code tells which it was.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# computed PROCESS: its processor time so far, in hundredths of a second.
computed() {
    awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0
}
# interrupted SIGNAL ARGUMENT...: the code and the sentences of a run that gets the signal after .8 s of work: a
# machine that does other things must not make it too early.
interrupted() {
    signal=$1 && shift
    code=0
    "$program" "$@" >summary 2>sentences &
    running=$!
    while kill -0 $running 2>/dev/null && test "$(computed $running)" -lt 80; do sleep 0.05; done
    kill -s "$signal" $running || true
    wait $running || code=$?
}
# kept FILE SIGNAL-NAME CODE
kept() {
    test $code = "$3"
    grep -q "^moebius: interrupted by $2: the file has what was computed until then, and says that it is incomplete" \
        sentences
    grep -q "\"incomplete\": *\"interrupted by $2\"" "$1"
    test -s summary
}
long='--max-step 1e-5 --max-points 1000000000'

interrupted INT diagram --vary feedback=0.5:20 $long --out diagram.json --plot diagram.svg
kept diagram.json Ctrl-C 130
grep -q '"last": "stopped"' diagram.json
grep -q 'stopped (interrupted)$' sentences
test ! -e diagram.svg # it is drawn from the file, later
interrupted TERM locus --vary feedback=1.5:20 --vary bias=-9:9 $long --out locus.json
kept locus.json SIGTERM 143
interrupted HUP sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7 --samples 100001 --out sweep.json
kept sweep.json SIGHUP 129
interrupted INT sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 2000 --out grid.json
kept grid.json Ctrl-C 130
interrupted TERM simulate --batch 256 --steps 10000000 --record-every 100000 --out simulate.json
kept simulate.json SIGTERM 143
grep -q '"batches": *\[[1-9]' simulate.json
interrupted INT simulate --router top-k,k=2 --experts 4 --batch 16 --steps 10000000 --record-every 100000 --out routed.json
kept routed.json Ctrl-C 130
interrupted INT train --data mixture:3/4 --steps 100000000 --record-every 100 --vary feedback=0:4 --points 3 --seeds 1 \
    --device cpu --out train.json
kept train.json Ctrl-C 130
grep -q '"batches": *\[' train.json
interrupted INT response --points 10000 --seeds 2 --batches 20 --batch 4096 --threads 1 --out response.json
kept response.json Ctrl-C 130
"$program" diagram --model softmax --experts 6 --vary feedback=2:9 --out six.json >summary
interrupted INT check six.json --values 1024 --starts 4096 --out check.json
kept check.json Ctrl-C 130
for file in *.json; do
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$file"
done

# With a checkpoint the training goes on from there, and no result is needed; nor is one written twice.
interrupted TERM train --data mixture:3/4 --steps 100000000 --record-every 100 --device cpu --checkpoint saved --out no.json
test $code = 143
grep -q '^moebius: train: interrupted by SIGTERM: saved has what was trained, and the same command goes on from there$' \
    sentences
test -s saved && test ! -e no.json

# Without --out the summary is of what there was.
interrupted INT sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7
test $code = 130 && test -s summary
grep -q '^moebius: interrupted by Ctrl-C: above is what was computed until then$' sentences

# What has nothing to keep says that, and leaves nothing behind.
for words in 'response --batches 100000 --batch 65536' 'compare --router top-1 --seeds 64' 'bench --device cpu' \
    'simulate --steps 4 --batch 4000000000' \
    'validate --experts 64' 'validate --experts 3 --ramp 1e6'; do
    interrupted INT $words
    test $code = 130
    grep -q '^moebius: .*interrupted.* before there was anything to keep$' sentences
    test ! -s summary
done

# The second one ends the program at once, without a word; within a tenth of a second both are one.
"$program" sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7 --out twice.json >summary 2>sentences &
running=$!
sleep 1
kill -INT $running && kill -INT $running
code=0 && wait $running || code=$?
test $code = 130 && test -s twice.json
# under nohup a SIGHUP is no reason to stop
(trap '' HUP && exec "$program" sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7 --out hung.json >summary 2>sentences) &
running=$!
sleep 1
kill -HUP $running
sleep 1
kill -TERM $running
code=0 && wait $running || code=$?
test $code = 143

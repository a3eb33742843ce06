# On a terminal what takes long tells how far it is, in one line that is wiped at the end; elsewhere it is silent.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
command -v script >/dev/null || exit 0

mkfifo keys
# told PATTERN COMMAND: whether a terminal shows a line that matches within ten seconds; then Ctrl-C is pressed.
told() {
    script -qfec "exec $2" terminal <keys >/dev/null &
    running=$! shown=1
    exec 3>keys
    for _ in $(seq 100); do
        sleep 0.1
        if tr '\r' '\n' <terminal 2>/dev/null | grep -q "$1"; then shown=0 && break; fi
    done
    printf '\003' >&3
    exec 3>&-
    wait $running || true
    return $shown
}
told 'diagram: [0-9]* points, [0-9]* s' \
    "$program diagram --vary feedback=0.5:20 --max-step 1e-5 --max-points 1000000000 --out diagram.json"
told 'sweep \[#*\.*\] [0-9]* %, .*' "$program sweep --set feedback=4 --vary bias=-3:3 --rate 1e-6 --out sweep.json"
told 'simulate \[#*\.*\] [0-9]* %, .* left' \
    "$program simulate --steps 10000000 --record-every 1000000 --out simulate.json"
told 'train \[#*\.*\] [0-9]* %' "$program train --data mixture:3/4 --steps 100000000 --device cpu"
echo '{"schema": "moebius.plan/1", "command": "spin", "keep": {"value": "/value"},
    "axes": [{"option": "milliseconds", "from": 1, "to": 2, "points": 100000}]}' >sweep-plan.json
told 'run \[#*\.*\] [0-9]* %, [0-9]* points a second, .* left' "$program run sweep-plan.json"
told 'response \[#*\.*\] [0-9]* %' "$program response --batches 1000 --batch 1000"
told 'exact[: ].* [0-9]* [s%]' "env NO_COLOR=1 $program exact --model softmax --experts 1000000"
test "$(tr -d '\033' <terminal | grep -c '\[[0-9;]*m')" = 0

timeout --foreground -s INT 2 "$program" sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7 >out 2>sentences || true
test "$(wc -l <sentences)" = 1

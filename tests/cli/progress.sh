# On a terminal what takes long tells how far it is, in one line that is wiped at the end; elsewhere it is silent.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
command -v script >/dev/null || exit 0

# told COMMAND: what a terminal shows of a command that is stopped after two seconds
told() {
    script -qec "timeout --foreground -s INT 2 $1" terminal </dev/null >/dev/null || true
    tr '\r' '\n' <terminal >lines
}
told "$program diagram --vary feedback=0.5:20 --max-step 1e-5 --max-points 1000000000 --out diagram.json"
grep -q 'diagram: [0-9]* points, [0-9]* s' lines
told "$program sweep --set feedback=4 --vary bias=-3:3 --rate 1e-6 --out sweep.json"
grep -q 'sweep \[#*\.*\] [0-9]* %, .*' lines
told "$program simulate --steps 10000000 --record-every 1000000 --out simulate.json"
grep -q 'simulate \[#*\.*\] [0-9]* %, .* left' lines
told "$program train --data mixture:3/4 --steps 100000000 --device cpu"
grep -q 'train \[#*\.*\] [0-9]* %' lines
told "$program response --batches 1000 --batch 1000"
grep -q 'response \[#*\.*\] [0-9]* %' lines
told "env NO_COLOR=1 $program exact --model softmax --experts 1000000"
grep -q 'exact[: ].* [0-9]* [s%]' lines
test "$(tr -d '\033' <terminal | grep -c '\[[0-9;]*m')" = 0

timeout --foreground -s INT 2 "$program" sweep --set feedback=4 --vary bias=-3:3 --rate 1e-7 >out 2>sentences || true
test "$(wc -l <sentences)" = 1

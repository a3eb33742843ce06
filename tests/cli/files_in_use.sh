# Files that are written: left-overs of a kill, modes, pipes, and a checkpoint that two runs want.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
small="exact --set feedback=4"
training="train --data mixture:4/8/3/0/0.2/200 --experts 2 --hidden 8 --batch 8 --record-every 10"

# refused SENTENCE WORD...
refused() {
    wanted=$1 code=0
    shift
    timeout 10 "$program" "$@" >out 2>sentence || code=$?
    if test $code != 2 || test "$(cat sentence)" != "moebius: $wanted"; then
        echo "$* : exit $code: $(cat sentence)"
        exit 1
    fi
}

touch kept.json.1-0.part kept.json.1-1.part # of a killed run
"$program" $small --out kept.json >/dev/null
chmod 600 kept.json
"$program" $small --out kept.json >/dev/null
test "$(stat -c %a kept.json)" = 600
(umask 027 && "$program" $small --out new.json >/dev/null)
test "$(stat -c %a new.json)" = 640

mkfifo pipe
refused 'pipe: nobody reads from this pipe' $small --out pipe
test -p pipe
cat pipe >read &
sleep 1 # until it reads
"$program" $small --out pipe >/dev/null
wait
grep -q '"schema": "moebius.exact/1"' read
refused '/dev/full: No space left on device' $small --out /dev/full
test "$(ls)" = "$(printf '%s\n' kept.json kept.json.1-0.part kept.json.1-1.part new.json out pipe read sentence)"

long=$(printf 'l%.0s' $(seq 250))
"$program" $small --out "$long" >/dev/null
test -s "$long"

# checkpoints
"$program" $training --steps 50 --checkpoint c.npy --out half.json >/dev/null
test ! -e c.npy.lock
cp c.npy good.npy
printf '\300' | dd of=c.npy bs=1 seek=400 conv=notrunc 2>/dev/null
refused 'cannot go on from c.npy: its checksum is not that of its bytes: they were changed, or are not all' \
    $training --steps 100 --checkpoint c.npy
cp good.npy c.npy
if command -v flock >/dev/null; then
    flock c.npy.lock sleep 5 &
    sleep 1
    refused 'c.npy: another run is writing it, and two would mix' $training --steps 100 --checkpoint c.npy
    kill $!
    wait $! 2>/dev/null || true
fi
sleep 4 # the sleep that held the lock may live longer than its flock
touch c.npy.lock # of a killed run
"$program" $training --steps 100 --checkpoint c.npy --out resumed.json >/dev/null
"$program" $training --steps 100 --out straight.json >/dev/null
sed '/"command"/d' resumed.json >a && sed '/"command"/d' straight.json >b && cmp a b

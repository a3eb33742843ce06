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

# What stands where a lock would is kept, and no output is a lock.
echo precious >Cargo.lock
refused 'Cargo.lock: it is no lock of Cargo, which needs that name' $training --steps 10 --checkpoint Cargo
mkfifo taken.lock
refused 'taken.lock: it is no lock of taken, which needs that name' $training --steps 10 --checkpoint taken
test "$(cat Cargo.lock)" = precious && test -p taken.lock
refused '--out and the lock of --checkpoint: z.lock came twice, but each must be a file of its own' \
    $training --steps 10 --checkpoint z --out z.lock
printf '0,0\n1,1\n2,0\n3,1\n' >d.lock
refused 'the lock of --checkpoint: d.lock came, which is read, too, but what is read is never overwritten' \
    train --data d.lock --steps 10 --checkpoint d
refused 'pipe: it is no regular file, as a checkpoint must be' $training --steps 10 --checkpoint pipe
refused '/dev/full: it is no regular file, as a checkpoint must be' $training --steps 10 --checkpoint /dev/full
refused 'a.npz:b: it is the name of an array in an archive, but a checkpoint is a file' \
    $training --steps 10 --checkpoint a.npz:b
test ! -e pipe.lock

# What a result was made from is not overwritten either, nor what a figure could be named like.
printf '.3,1\n-.2,.5\n.1,-1\n' >t.csv
"$program" diagram --model token-response --tokens t.csv --gate random:1 --set beta=4 --vary feedback=0.5:5 --out of_tokens.json >/dev/null
cp t.csv kept.csv
label=$(grep -o '"label": *"[A-Z]*1"' of_tokens.json | head -1 | sed 's/.*"\([A-Z]*1\)"/\1/')
refused '--out: t.csv came, which is read, too, but what is read is never overwritten' \
    diagram --from "of_tokens.json:$label" --vary feedback=0.5:5 --out t.csv
refused '--out: t.csv came, which is read, too, but what is read is never overwritten' check of_tokens.json --out t.csv
cmp t.csv kept.csv
cp of_tokens.json y-loads.svg
refused '--out: y.svg came beside y-loads.svg, but several figures of a result are named that way, and what is read is never overwritten: another name is needed' \
    plot y-loads.svg --out y.svg
cmp of_tokens.json y-loads.svg

# Devices have no end; a result that names one, or a pipe, for its tokens is not followed there.
refused '/dev/zero: it is a device, which may have no end; a file or a pipe is needed' \
    simulate --tokens /dev/zero --gate random:1 --steps 10
for place in /dev/zero pipe; do
    sed "s|\"t.csv\"|\"$place\"|" of_tokens.json >elsewhere.json
    refused "elsewhere.json: /options: $place is no regular file" check elsewhere.json
done

# Where the working folder is gone there is a sentence.
mkdir gone
(
    cd gone && rmdir ../gone && code=0
    "$program" $small --out x.json >/dev/null 2>../sentence || code=$?
    test $code = 2
)
test "$(cat sentence)" = 'moebius: x.json: No such file or directory'

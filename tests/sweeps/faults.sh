# faults.sh PROGRAM FOLDER: a sentence and exit code 2 for what a disk, another plan or another writer does
# to a sweep, and nothing is overwritten.
set -euo pipefail
program=$1 folder=$2
. "$(dirname "${BASH_SOURCE[0]}")/plans.sh"
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# refused PATTERN WORD...
refused() {
    local pattern=$1 code=0
    shift
    "$@" >out 2>sentence || code=$?
    if ((code != 2)) || ! grep -q -- "$pattern" sentence || (($(wc -l <sentence) != 1)); then
        printf '%s: exit %d, not the sentence "%s": %s\n' "$*" $code "$pattern" "$(cat sentence)" >&2
        exit 1
    fi
}

plan spin >sweep.json
plan other >other.json
"$program" run sweep.json --journal whole >/dev/null
"$program" merge whole --out whole.csv >/dev/null
journal=whole/shard-00000-of-00001.journal
cp $journal kept

refused 'it belongs to another plan' "$program" run other.json --journal whole
cmp $journal kept
mkdir stranger && echo 'mine' >stranger/shard-00000-of-00001.journal
refused 'it is no journal' "$program" run sweep.json --journal stranger
test "$(cat stranger/*.journal)" = mine

# a record in the middle
mkdir damaged && cp $journal damaged
printf 'x' | dd of=damaged/shard-00000-of-00001.journal bs=1 seek=5000 conv=notrunc status=none
cp damaged/*.journal kept_damaged
refused 'is damaged, and there are sound ones behind it' "$program" run sweep.json --journal damaged
refused 'is damaged' "$program" merge damaged --out damaged.csv
cmp damaged/*.journal kept_damaged
test ! -e damaged.csv

# a version that is not this one: three letters of the heading, with its checksums
mkdir old
python3 - $journal old/a.journal <<'EOF'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
length = struct.unpack_from("<I", data, 8)[0]
text = data[20:20 + length].replace(b'"version":"0', b'"version":"9')
head = data[:8] + struct.pack("<II", len(text), zlib.crc32(text))
open(sys.argv[2], "wb").write(head + struct.pack("<I", zlib.crc32(head)) + text + data[20 + length:])
EOF
refused 'it was written by moebius 9' "$program" run sweep.json --journal old

# another build, alone and among ranks
cp "$program" other_build && printf x >>other_build
refused 'another build of moebius' ./other_build run sweep.json --journal whole
cmp $journal kept
if command -v mpirun >/dev/null && ldd "$program" | grep -q libmpi; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    code=0
    mpirun --oversubscribe -n 1 "$program" run sweep.json --journal mixed : -n 1 ./other_build run sweep.json \
        --journal mixed >out 2>sentence || code=$?
    ((code == 2))
    grep -q 'the ranks differ in their builds or plans' sentence
    test ! -e mixed
fi

# two writers
plan spin | sed 's/"to": 1, "points": 100/"to": 20, "points": 100/' >long.json
"$program" run long.json --journal held >/dev/null &
first=$!
until [[ -s held/shard-00000-of-00001.journal ]]; do sleep 0.05; done
refused 'another run is writing it' "$program" run long.json --journal held
kill -TERM $first
code=0
wait $first || code=$?
((code == 143))
"$program" merge held --out held.csv >/dev/null 2>said && exit 1
grep -q 'are missing' said

# a disk that takes no more: what is there stays, and the run goes on later
(ulimit -f 16 && refused 'File too large' "$program" run sweep.json --journal full)
"$program" run sweep.json --journal full >/dev/null
"$program" merge full --out full.csv >/dev/null
cmp full.csv whole.csv
ln -s /dev/full full_disk.csv
refused 'No space left on device' "$program" merge whole --out full_disk.csv
refused 'Permission denied\|Read-only\|No such file\|not permitted' "$program" run sweep.json --journal /proc/journal

# what is not there, and what no merge writes
refused 'there is no journal' "$program" merge nothing --out nothing.csv
refused 'its ending must be' "$program" merge whole --out whole.txt

# points that fail are kept with their sentences, and the rest goes on
plan simulate >simulate.json
code=0
"$program" run simulate.json --journal failing >said || code=$?
((code == 3))
grep -q '12 points in .*, 4 failed' said
"$program" merge failing --out failing.csv >said
grep -q '12 points, 4 failed' said
"$program" run simulate.json --journal failing >said # they are known
grep -q '^0 points' said
echo 'all refused'

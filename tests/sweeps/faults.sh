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

has_ranks() { command -v mpirun >/dev/null && [[ $(ldd "$program") == *libmpi* ]]; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

plan spin >sweep.json
plan other >other.json
"$program" run sweep.json --journal whole >/dev/null
"$program" merge whole --out whole.csv >/dev/null
journal=whole/shard-00000-of-00001.journal
cp $journal kept

refused 'it belongs to another plan' "$program" run other.json --journal whole
cmp $journal kept
# a refused run leaves nothing that a merge, or the run that goes on, would meet
ls -l whole >before
refused 'it belongs to another plan' "$program" run other.json --journal whole --shard 0/2
refused 'it belongs to another plan' "$program" run other.json --journal whole --shard 1/2
if has_ranks; then
    code=0
    mpirun --oversubscribe -n 2 "$program" run other.json --journal whole >out 2>sentence || code=$?
    ((code == 2))
fi
ls -l whole | cmp - before
"$program" merge whole --out again.csv >/dev/null
cmp again.csv whole.csv
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
if has_ranks; then
    code=0
    # not as "PROGRAM : OTHER": of that mpirun 5.0.7 (Debian 13) dies itself
    mpirun --oversubscribe -n 2 bash -c '[[ $OMPI_COMM_WORLD_RANK = 0 ]] || set -- ./other_build
        exec "$1" run sweep.json --journal mixed' either "$program" >out 2>sentence || code=$?
    ((code == 2))
    grep -q 'the ranks differ in their builds, plans or input files' sentence
    test ! -e mixed
fi

# two writers
plan spin | sed 's/"to": 1, "points": 100/"to": 20, "points": 100/' >long.json
"$program" run long.json --journal held >/dev/null &
first=$!
until [[ -s held/shard-00000-of-00001.journal ]]; do sleep 0.05; done
refused 'another run is writing it' "$program" run long.json --journal held
# nor one that shares the points in another way
refused 'which shares the points in another way' "$program" run long.json --journal held --shard 1/3
test ! -e held/shard-00001-of-00003.journal
if has_ranks; then
    code=0
    mpirun --oversubscribe -n 2 "$program" run long.json --journal held >out 2>sentence || code=$?
    ((code == 2))
    grep -q 'which shares the points in another way' sentence
fi
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

# ends WITH WORD...: the exit code
ends() {
    local want=$1 code=0
    shift
    "$@" >said 2>sentence || code=$?
    if ((code != want)); then
        printf '%s: exit %d, not %d: %s\n' "$*" $code $want "$(cat said sentence)" >&2
        exit 1
    fi
}
ends 3 "$program" merge failing --out failing.csv
grep -q '12 points, 4 failed' said
grep -q '4 of 12 points failed; point 0: .*batch' sentence
head -n 1 failing.csv | grep -q ',status,failure$'
(($(grep -c '^0,.*,2,".*batch.*"$' failing.csv) == 4))
(($(grep -c ',1,$' failing.csv) == 8))
ends 3 "$program" run simulate.json --journal failing # they are known
grep -q '^0 points .*; 12 were done before, of which 4 failed' said
ends 3 "$program" run simulate.json --journal failing --retry
grep -q '^4 points .*, 4 failed; 8 were done before$' said
ends 0 "$program" run simulate.json --journal failing --shard 4/12 # of its own points none failed
plan failing >failing.json
ends 3 "$program" run failing.json --journal refined
failed=$(sed -n 's/.*, \([0-9]*\) failed; .*/\1/p' said)
((failed > 0))
ends 3 "$program" run failing.json --journal refined
grep -q "^0 points" said
ends 3 "$program" run failing.json --journal refined --retry
grep -q "^$failed points .*, $failed failed" said

# what plan check refuses run refuses, too, before anything is written; and some failures are told
# changed WHAT BY: the plan simulate with another text
changed() { plan simulate | sed "s|$1|$2|" >changed.json; }
for change in 'feedback=1|feedbak=1' '--steps 40|--steps 40 --out x.json' \
    '--steps 40|--steps 40 --log x.npz' 'simulate --set|simulate --help --set' '"option": "batch"|"option": "out"' \
    '"option": "batch"|"option": "plot"' '"option": "batch"|"option": "threads"' '"option": "batch"|"option": "labels"' \
    '"option": "batch"|"option": "batsh"' 'simulate --set|simulat --set'; do
    changed "${change%|*}" "${change##*|}"
    ends 2 "$program" plan check changed.json
    ends 2 "$program" run changed.json
    (($(wc -l <sentence) == 1))
    test ! -e changed.json.journal
done
changed 'simulate --set' 'simulate --help --set'
ends 2 "$program" run changed.json
grep -q 'it printed no result' sentence
# a plan of which all is refused is told by its key, however many points it has
plan exact | sed 's/"feedback"/"feedbak"/; s/"points": 16/"points": 1000000/' >misspelt.json
refused "misspelt.json: /axes/0: two-expert: 'feedbak' came .* did you mean 'feedback'" "$program" run misspelt.json
test ! -e misspelt.json.journal
changed 'feedback=1' 'feedbak=1'
refused "changed.json: /command: two-expert: 'feedbak' came" "$program" run changed.json
changed '/gap_mean/' '/gap_maen/'
refused "changed.json: keep mean: /summary has no gap_maen; did you mean 'gap_mean'" "$program" run changed.json --threads 3
test ! -e changed.json.journal
if has_ranks; then
    code=0
    mpirun --oversubscribe -n 2 "$program" run changed.json >out 2>sentence || code=$?
    ((code == 2))
    grep -q "did you mean 'gap_mean'" sentence
    test ! -e changed.json.journal
fi
plan spin | sed 's/"milliseconds"/"millisecond"/' >misspelt.json
refused "misspelt.json: /axes/0: --millisecond came, but spin has no such option; did you mean 'milliseconds'" "$program" run misspelt.json
# one of which the first, the middle and the last point fail goes on
plan unlucky >unlucky.json
ends 3 "$program" plan check unlucky.json
(($(grep -c 'point . fails' sentence) == 3))
ends 3 "$program" run unlucky.json
grep -q '^5 points .*, 3 failed; 0 were done before$' said
ends 3 "$program" merge unlucky.json.journal --out unlucky.csv
(($(grep -c ',1,$' unlucky.csv) == 2))
# a point is computed once, also the first of all: as one does alone, in processor time
TIMEFORMAT=%U
alone=$({ time "$program" simulate --batch 65536 --steps 1500 --threads 1 --seed 1 >/dev/null; } 2>&1)
plan once >once.json
swept=$({ time "$program" run once.json >/dev/null; } 2>&1)
awk "BEGIN { exit !($swept < 1.6 * $alone) }" || { echo "a point took $swept s, and $alone s alone" >&2; exit 1; }
ends 3 "$program" plan check simulate.json
grep -q 'simulate.json: point 0 fails: .*batch' sentence

# input files that have changed since
printf '1,0,0\n0,1,0\n-1,0,1\n0,-1,1\n' >tokens.csv
plan tokens >tokens.json
ends 0 "$program" run tokens.json
ends 0 "$program" run tokens.json
printf '1,0,0\n0,1,0\n-1,0,1\n0,-2,1\n' >tokens.csv
refused 'files that the command reads have changed' "$program" run tokens.json
refused 'files that the command reads have changed' "$program" run tokens.json --shard 0/2
test ! -e tokens.json.journal/shard-00000-of-00002.journal
ends 0 "$program" merge tokens.json.journal --out tokens.csv.csv

# also of a gate that says its layout, and those that change while the run goes on
square_gate 1 0 0 1 >gate.npy
plan gate >gate.json
ends 0 "$program" run gate.json
square_gate 1 0 1 1 >gate.npy
refused 'files that the command reads have changed' "$program" run gate.json
rm -r gate.json.journal
(until test -e gate.json.journal; do sleep 0.01; done && square_gate 0 1 1 1 >gate.npy) &
refused 'an input file changed while the run went on' "$program" run gate.json
wait

# and those that a file names
"$program" diagram --model token-response --tokens gated.csv --gate gate.npy,layout=features-by-experts \
    --vary feedback=0.5:4 --out named.json >/dev/null
plan named >check.json
ends 0 "$program" run check.json
square_gate 1 0 0 1 >gate.npy
refused 'files that the command reads have changed' "$program" run check.json

refused 'check.json: /schema is of a sweep file' "$program" plot check.json --quantity rows --out no.png

# what is no journal does not keep a merge waiting
mkfifo whole/a.journal
refused 'it is no regular file' timeout 10 "$program" merge whole --out pipe.csv
refused 'it is no regular file' timeout 10 "$program" run sweep.json --journal whole
rm whole/a.journal
: >whole/a.journal # of a process that has just begun
"$program" merge whole --out again.csv >/dev/null
cmp again.csv whole.csv

# a sparse grid has all its points in a dataset
plan spin | sed 's/"points": 100/"points": 100000/; s/"points": 20/"points": 100000/' >sparse.json
"$program" run sparse.json --shard 0/1000000000 >/dev/null
if "$program" merge whole --out whole.nc >/dev/null 2>&1; then
    refused 'sparse.nc: the 10000000000 points of the grid, done or not, take 90 GB and 170 GB of memory meanwhile, and .* left: .csv' \
        "$program" merge sparse.json.journal --out sparse.nc
fi
ends 3 "$program" merge sparse.json.journal --out sparse.csv
grep -q '^10 points' said

# more points than a process keeps in mind
plan spin | sed 's/"points": 100/"points": 1000000000/; s/"points": 20/"points": 1000/' >huge.json
refused '--shard PART/PARTS shares them' "$program" run huge.json
test ! -e huge.json.journal

# the parts that launchers mean: by ids in even steps, or by ids that are parts
refused_in() { refused "$1" env "${@:2}"; }
shard() { "$program" run sweep.json --journal "$1" --shard "$2"; }
export SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_MAX SLURM_ARRAY_TASK_STEP
# array COUNT MIN MAX STEP, as Slurm 22.05 sets them
array() { SLURM_ARRAY_TASK_COUNT=$1 SLURM_ARRAY_TASK_MIN=$2 SLURM_ARRAY_TASK_MAX=$3 SLURM_ARRAY_TASK_STEP=$4; }
array 3 1 5 2 # --array=1-5:2
SLURM_ARRAY_TASK_ID=3 shard steps env >/dev/null
test "$(ls steps)" = shard-00001-of-00003.journal
array 2 3 7 1 # --array=3,7
refused_in 'ids in even steps are needed' SLURM_ARRAY_TASK_ID=7 "$program" run sweep.json --shard env
SLURM_ARRAY_TASK_ID=7 shard list env/64 >/dev/null
test "$(ls list)" = shard-00007-of-00064.journal
array 3 0 4 1 # --array=0,1,4
refused_in 'ids in even steps are needed' SLURM_ARRAY_TASK_ID=1 "$program" run sweep.json --shard env
array 64 1 64 1 # --array=1-64
refused_in 'count from 0: --array=0-63' SLURM_ARRAY_TASK_ID=1 "$program" run sweep.json --shard env/64
refused_in 'must have it between them' SLURM_ARRAY_TASK_ID=0 "$program" run sweep.json --shard env
unset SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_MAX SLURM_ARRAY_TASK_STEP
# processes that a launcher has started, and that know nothing of one another
refused_in '4 processes came that cannot talk (SLURM_STEP_NUM_TASKS), but' \
    SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 "$program" run sweep.json --journal whole
refused_in 'that cannot talk (PMI_SIZE), but .*--shard env gives each its part' PMI_RANK=1 PMI_SIZE=2 "$program" run sweep.json --journal whole
refused_in 'that cannot talk' SLURM_ARRAY_TASK_ID=1 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 \
    "$program" run sweep.json --journal whole --shard env/3
SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 shard procs env >/dev/null
test "$(ls procs)" = shard-00001-of-00004.journal
SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 "$program" run sweep.json --journal whole >/dev/null
echo 'all refused'

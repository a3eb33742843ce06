# launchers.sh PROGRAM FOLDER: the same bytes from 1 and 2 threads, 7 shards, an interrupted run, and what of
# mpirun, GNU parallel and Slurm this machine has (it says which it has not); and a dataset that xarray labels.
set -euo pipefail
program=$1 folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/plans.sh"
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
plan exact >exact.json
plan simulate >simulate.json
plan refined >refined.json
ran=()

# same NAME PLAN: the journals NAME of the plan have the table of one thread
same() {
    "$program" merge "$1" --out "$1.csv" >/dev/null 2>&1 || test "$2" = simulate # it has points that fail
    cmp "$1.csv" "$2.csv"
    ran+=("$1")
}

for sweep in exact simulate; do
    "$program" run $sweep.json >/dev/null || test $sweep = simulate # it has points that fail
    "$program" merge $sweep.json.journal --out $sweep.csv >/dev/null 2>&1 || test $sweep = simulate
    "$program" run $sweep.json --threads 2 --journal $sweep-threads >/dev/null || test $sweep = simulate
    same $sweep-threads $sweep
    for part in 3 1 6 0 5 2 4; do
        "$program" run $sweep.json --shard $part/7 --journal $sweep-shards >/dev/null || test $sweep = simulate
    done
    same $sweep-shards $sweep
done

"$program" run refined.json >/dev/null
"$program" merge refined.json.journal --out refined.csv >/dev/null
"$program" run refined.json --threads 2 --journal refined-threads >/dev/null
same refined-threads refined

"$program" run exact.json --journal interrupted >/dev/null 2>&1 &
child=$!
sleep 0.1
kill -INT $child
wait $child || true
"$program" run exact.json --journal interrupted --threads 2 >/dev/null
same interrupted exact

SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=4 "$program" run exact.json --shard env --journal env >/dev/null
HQ_TASK_ID=0 "$program" run exact.json --shard env/2 --journal env >/dev/null
same env exact

if command -v mpirun >/dev/null && [[ $(ldd "$program") == *libmpi* ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    for ranks in 1 2 4; do
        mpirun --oversubscribe -n $ranks "$program" run exact.json --journal ranks-$ranks >/dev/null
        same ranks-$ranks exact
    done
    mpirun --oversubscribe -n 2 "$program" run refined.json --journal refined-ranks >/dev/null
    same refined-ranks refined
    # ranks within a shard; and ranks of which each has a shard of its own
    mpirun --oversubscribe -n 3 "$program" run exact.json --journal shard-ranks --shard 1/2 >/dev/null
    "$program" run exact.json --journal shard-ranks --shard 0/2 >/dev/null
    (($(ls shard-ranks | grep -c '^shard-00001-of-00002-rank-0000[012].journal$') == 3))
    same shard-ranks exact
    mpirun --oversubscribe -n 2 sh -c '"$0" run exact.json --journal own-shards --shard $OMPI_COMM_WORLD_RANK/2' \
        "$program" >/dev/null
    test "$(ls own-shards | tr '\n' ' ')" = 'shard-00000-of-00002.journal shard-00001-of-00002.journal '
    same own-shards exact
else
    echo 'not run: mpirun (Open MPI is not here, or was not when this was built)'
fi
if command -v parallel >/dev/null; then
    parallel --will-cite -j2 "$program" run exact.json --journal parallel --shard '{}/3' ::: 0 1 2 >/dev/null
    same parallel exact
else
    echo 'not run: GNU parallel is not here'
fi
# its own Slurm, of one node
if bash "$here/slurm.sh" sh -c 'srun --overcommit --ntasks=3 "$0" run exact.json --journal srun --shard env &&
    sbatch --wait --array=0-2 --output=/dev/null --wrap "\"$0\" run exact.json --journal slurm --shard env"' \
    "$program" >said; then
    same slurm exact
    same srun exact
else
    cat said # 77: it says why not
    grep -q '^not run: ' said
fi

"$program" merge simulate.json.journal --out simulate.nc >/dev/null 2>said || test $? = 3 || rm -f simulate.nc
if [[ -e simulate.nc ]]; then
    "$program" merge exact.json.journal --out exact.nc >/dev/null
    "$program" merge refined.json.journal --out refined.nc >/dev/null
    # what does not write a dataset runs where the library cannot be loaded
    mkdir -p none && : >"none/$(grep -ao 'libnetcdf\.so\.[0-9]*' "$program" | head -1)"
    LD_LIBRARY_PATH=$PWD/none "$program" merge exact.json.journal --out without.csv >/dev/null
    LD_LIBRARY_PATH=$PWD/none "$program" merge exact.json.journal --out without.nc >/dev/null 2>said && exit 1
    grep -q 'install NetCDF' said
    test ! -e without.nc
    if /usr/bin/env python3 -c 'import xarray, netCDF4' 2>/dev/null; then python=python3; else python=/usr/bin/python3; fi
    if $python -c 'import xarray, netCDF4' 2>/dev/null; then
        $python - <<'EOF'
import csv
import xarray
exact = xarray.open_dataset("exact.nc")
assert dict(exact.sizes) == {"feedback": 16, "bias": 9}
rows = list(csv.DictReader(open("exact.csv")))
for row in rows:
    at = exact.sel(feedback=float(row["feedback"]), bias=float(row["bias"]))
    for name in ("states", "first", "width"):
        assert float(at[name]) == float(row[name]) or row[name] == "nan" and at[name].isnull(), row
assert len(rows) == 16 * 9
simulate = xarray.open_dataset("simulate.nc")
assert simulate.seed.values.tolist() == [1, 2, 3, 4]
assert (simulate.status.sel(batch=0) == 2).all() and (simulate.status.sel(batch=64) == 1).all()
assert "batch" in str(simulate.failure.values[0]) and '"moebius.plan/1"' in exact.moebius_plan
assert exact.status.flag_values.tolist() == [0, 1, 2] and exact.status.flag_meanings == "missing done failed"
assert exact.moebius_inputs == "{}" and int(exact.moebius_build, 16) != 0 and exact.moebius_version and exact.hosts
refined = xarray.open_dataset("refined.nc")
rows = list(csv.DictReader(open("refined.csv")))
assert refined.sizes == {"point": len(rows)} and "feedback" in refined.coords
for row in rows[::17]:
    at = refined.sel(point=int(row["point"]))
    assert [float(at[name]) for name in ("feedback", "bias", "states")] == [
        float(row[name]) for name in ("feedback", "bias", "states")]
EOF
        ran+=(xarray)
    else
        echo 'not run: xarray is not here'
    fi
else
    grep -q NetCDF said
    echo 'not run: NetCDF was not here when this was built'
fi
echo "the same: ${ran[*]}"

# slurm.sh COMMAND WORD...: runs a command with a Slurm of one node on this machine, started for it in a new
# folder; exits with 77 and a sentence where the daemons are not here or do not come up.
set -euo pipefail
for tool in munged slurmctld slurmd sbatch sinfo; do
    command -v $tool >/dev/null || PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
        echo "not run: $tool is not here"
        exit 77
    }
done
((EUID == 0)) || { echo 'not run: the daemons of Slurm want root'; exit 77; }
PATH=$PATH:/usr/sbin
home=$(mktemp -d)
daemons=()
close() {
    kill "${daemons[@]}" 2>/dev/null || true
    # slurmd waits for a step that wants to tell slurmctld of its end
    (sleep 10 && kill -KILL "${daemons[@]}" 2>/dev/null) &
    wait "${daemons[@]}" 2>/dev/null || true
    kill $! 2>/dev/null || true
    rm -rf "$home"
}
trap close EXIT

chmod 711 "$home"
mkdir -m 700 "$home/key" && mkdir -m 755 "$home/munge" "$home/state" "$home/spool"
head -c 1024 /dev/urandom >"$home/key/key" && chmod 600 "$home/key/key"
munged --foreground --force --socket="$home/munge/socket" --key-file="$home/key/key" \
    --pid-file="$home/munge/pid" --log-file="$home/munge/log" --seed-file="$home/munge/seed" >/dev/null 2>&1 &
daemons+=($!)
node=$(hostname -s)
cat >"$home/slurm.conf" <<EOF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$((20000 + RANDOM % 5000))
SlurmdPort=$((25000 + RANDOM % 5000))
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket
CredType=cred/munge
SlurmUser=root
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/state/slurmctld.pid
SlurmdPidFile=$home/spool/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$node Default=YES State=UP OverSubscribe=YES
EOF
export SLURM_CONF=$home/slurm.conf
slurmctld -D -i >"$home/ctld.log" 2>&1 &
daemons+=($!)
slurmd -D >"$home/slurmd.log" 2>&1 &
daemons+=($!)
for _ in $(seq 100); do
    if sinfo -h -o %T 2>/dev/null | grep -q idle; then
        "$@"
        exit
    fi
    sleep 0.2
done
echo "not run: Slurm did not come up: $(tail -n 3 "$home/ctld.log" "$home/slurmd.log" | tr '\n' ' ')"
exit 77

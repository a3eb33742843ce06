#!/usr/bin/env bash
# fuzz.sh MINUTES [FOLDER]: runs each fuzz target (tests/fuzz) for its share of the time, on all
# cores, from the seeds in tests/fuzz/corpus. FOLDER keeps what is found: NAME/corpus and
# NAME/crash-..., NAME/leak-..., NAME/timeout-..., NAME/oom-...; without it a new one is made.
# A line a target goes to the standard output, as in data/results/fuzz.txt.
# It ends with 0 if nothing was found, with 77 (skipped) if there is no clang++ that has libFuzzer.
#
# fuzz.sh --pack FOLDER: builds, and puts all that a run elsewhere needs into FOLDER.
# fuzz.sh --run-only FOLDER MINUTES [FOLDER]: runs what --pack put there; builds nothing.
#
# fuzz.sh --can: ends with 0 if there is what it needs.
# fuzz.sh --short: a minute on two cores for all targets that read files, which are built in another.
#
# FUZZ_CORES limits the cores; FUZZ_TARGETS names the targets, if not all are wanted.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$self" >&2
    exit 2
}

# Whether clang++ is here with what libFuzzer and the sanitizers need (Debian: libclang-rt-dev).
has_fuzzer() {
    local scratch status=0
    command -v clang++ >/dev/null || return 1
    scratch=$(mktemp -d)
    echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' \
        >"$scratch/a.cpp"
    clang++ -fsanitize=fuzzer,address,undefined "$scratch/a.cpp" -o "$scratch/a" 2>/dev/null || status=1
    rm -r "$scratch"
    return $status
}

# build TARGET
build() {
    cd "$(dirname "$self")/.."
    if ! has_fuzzer; then
        echo 'fuzz: skipped, there is no clang++ with libFuzzer (Debian: clang, libclang-rt-dev)' >&2
        exit 77
    fi
    { cmake --preset fuzz && cmake --build --preset fuzz --target "$1"; } >&2
}

# pack FOLDER: stripped programs, the seeds, the libraries that a bare machine may lack, this script.
pack() {
    local to=$1 program
    build fuzz_targets
    mkdir -p "$to/lib"
    cp -r tests/fuzz/corpus "$self" "$to"
    for program in build/fuzz/tests/fuzz/fuzz_*; do
        [[ -f $program && -x $program ]] || continue
        strip -o "$to/$(basename "$program")" "$program"
        ldd "$program" | awk '/=> \// { print $3 }' | grep -E '/lib(fmt|hwy|stdc\+\+|gcc_s)\.' |
            xargs -r cp -t "$to/lib"
    done
    du -sh "$to" >&2
}

# sound_seeds PROGRAM SEEDS FOLDER: copies the seeds that are answered to FOLDER/seeds, so that the
# others, which are finds, do not end every process at its start.
sound_seeds() {
    local program=$1 seeds=$2 folder=$3 seed
    cp -r "$seeds" "$folder/seeds"
    mkdir -p "$folder/scratch"
    cd "$folder/scratch"
    "$program" -timeout=10 -rss_limit_mb=2048 "$folder"/seeds/* >"$folder/log-seeds" 2>&1 && return
    for seed in "$folder"/seeds/*; do
        "$program" -timeout=10 -rss_limit_mb=2048 "$seed" >"$folder/log-seed-$(basename "$seed")" 2>&1 &&
            rm "$folder/log-seed-$(basename "$seed")" && continue
        mv "$seed" "$folder/crash-seed-$(basename "$seed")"
    done
}

# one_process PROGRAM FOLDER SECONDS NUMBER: fuzzes until the time is up; what stops at a find is
# started again, but not for ever. libFuzzer's words go to FOLDER/log-NUMBER.
one_process() {
    local program=$1 folder=$2 until=$((SECONDS + $3)) log=$2/log-$4 left starts
    mkdir -p "$folder/scratch-$4"
    cd "$folder/scratch-$4"
    for ((starts = 0; starts < 500; ++starts)); do
        left=$((until - SECONDS))
        ((left > 0)) || return 0
        "$program" -max_total_time="$left" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -reload=1 \
            -print_final_stats=1 -close_fd_mask=1 -artifact_prefix="$folder/" -verbosity=1 \
            "$folder/corpus" "$folder/seeds" >>"$log" 2>&1 || true
    done
}

# sum NAME LOG...: of a final statistic over all processes; most NAME LOG...: its largest.
sum() { cat "${@:2}" | awk -v name="stat::$1:" '$1 == name { s += $2 } END { printf "%d", s }'; }
most() { cat "${@:2}" | awk -v name="stat::$1:" '$1 == name && $2 > s { s = $2 } END { printf "%d", s }'; }
count() { find "$1" -maxdepth 1 -name "$2-*" | wc -l; }

# fuzz_one PROGRAM NAME SEEDS FOLDER SECONDS: a line of data/results/fuzz.txt.
fuzz_one() {
    local program=$1 name=$2 seeds=$3 folder=$4/$2 seconds=$5 i
    mkdir -p "$folder/corpus"
    (sound_seeds "$program" "$seeds" "$folder")
    for ((i = 0; i < cores; ++i)); do
        one_process "$program" "$folder" "$seconds" "$i" &
    done
    wait
    local crashes leaks slow memory runs
    crashes=$(count "$folder" crash) leaks=$(count "$folder" leak)
    slow=$(count "$folder" timeout) memory=$(count "$folder" oom)
    runs=$(sum number_of_executed_units "$folder"/log-*)
    printf '%-13s %11d %8d %6d %9d %7d %10d %9d\n' "$name" "$runs" "$crashes" "$leaks" "$slow" "$memory" \
        "$(most slowest_unit_time_sec "$folder"/log-*)" "$(most peak_rss_mb "$folder"/log-*)"
    rm -rf "$folder"/scratch*
    ((runs > 0 && crashes + leaks + slow + memory == 0))
}

# run PROGRAMS CORPUS SECONDS FOLDER
run() {
    local programs=$1 corpus=$2 seconds=$3 out=$4 program name seeds status=0 found=() cores
    cores=${FUZZ_CORES:-$(nproc)}
    for program in "$programs"/fuzz_*; do
        name=$(basename "$program")
        name=${name#fuzz_}
        [[ -f $program && -x $program ]] || continue
        [[ -z ${FUZZ_TARGETS:-} || " $FUZZ_TARGETS " == *" $name "* ]] && found+=("$name")
    done
    ((${#found[@]} > 0)) || { echo "fuzz: there are no targets in $programs" >&2; exit 1; }
    seconds=$((seconds / ${#found[@]}))
    export ASAN_OPTIONS=detect_stack_use_after_return=1:malloc_context_size=4:${ASAN_OPTIONS:-}
    printf '# %d cores, %d seconds a target; finds are in %s\n' "$cores" "$seconds" "$out"
    printf '%-13s %11s %8s %6s %9s %7s %10s %9s\n' target executions crashes leaks timeouts memory slowest_s peak_MB
    for name in "${found[@]}"; do
        seeds=$corpus/$name
        [[ $name == figures ]] && seeds=$corpus/result # it reads the same files
        fuzz_one "$programs/fuzz_$name" "$name" "$seeds" "$out" "$seconds" || status=1
    done
    return $status
}

case ${1:-} in
    --pack)
        (($# == 2)) || usage
        pack "$(realpath -m "$2")"
        ;;
    --run-only)
        (($# == 3 || $# == 4)) || usage
        from=$(realpath "$2")
        export LD_LIBRARY_PATH=$from/lib
        run "$from" "$from/corpus" $(($3 * 60)) "$(realpath -m "${4:-$(mktemp -d)}")"
        ;;
    [0-9]*)
        (($# <= 2)) || usage
        out=$(realpath -m "${2:-$(mktemp -d)}")
        build fuzz_targets
        run "$PWD/build/fuzz/tests/fuzz" "$PWD/tests/fuzz/corpus" $(($1 * 60)) "$out"
        ;;
    --can) has_fuzzer ;;
    --short)
        out=$(mktemp -d)
        build fuzz_files
        FUZZ_TARGETS=${FUZZ_TARGETS:-checkpoint csv figures gate grouping npy npz numbers result}
        FUZZ_CORES=2
        run "$PWD/build/fuzz/tests/fuzz" "$PWD/tests/fuzz/corpus" 60 "$out"
        ;;
    *) usage ;;
esac

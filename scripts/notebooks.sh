#!/usr/bin/env bash
# Executes the notebooks, all or those that are named, into a folder, and prints the seconds of each:
#
#   scripts/notebooks.sh [--to FOLDER | --store] [NOTEBOOK...]
#
# NOTEBOOK is a file or a name as 01_pitchfork_and_cusp; FOLDER is out/notebooks unless it is named.
# --store keeps them where they are, with what they show: as they are committed.
#
# Fails if a notebook fails, takes longer than 120 s, or is committed without what it shows. PYTHON
# names the Python; without it, it is the first one that has the packages. The package moebius is the
# one that it has, or that of a build in build/.
set -euo pipefail
called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

limit=120  # seconds a notebook

give_up() {
    printf 'notebooks: %s\n' "$1" >&2
    exit 2
}

from_caller() {  # a path as the caller means it
    [[ $1 == /* ]] && printf '%s' "$1" || printf '%s/%s' "$called_from" "$1"
}

to=$PWD/out/notebooks
names=()
while (($# > 0)); do
    case $1 in
        --to)
            (($# > 1)) || give_up '--to needs a folder'
            to=$(from_caller "$2")
            shift
            ;;
        --store) to=$PWD/notebooks ;;
        -*) give_up "'$1' came, but --to FOLDER and --store are the options" ;;
        *) names+=("$1") ;;
    esac
    shift
done
((${#names[@]} > 0)) || names=(notebooks/*.ipynb)

files=()
for name in "${names[@]}"; do
    if [[ -f notebooks/$name.ipynb ]]; then
        files+=("notebooks/$name.ipynb")
    elif [[ -f $(from_caller "$name") ]]; then
        files+=("$(from_caller "$name")")
    elif [[ -f $name ]]; then
        files+=("$name")
    else
        give_up "there is no notebook '$name'"
    fi
done

# The first python3 on PATH may be one without Debian's packages.
python=
for candidate in "${PYTHON:-build/venv/bin/python}" python3 /usr/bin/python3; do
    if "$candidate" -c 'import ipykernel, matplotlib, nbconvert, pandas' 2>/dev/null; then
        python=$(realpath --no-symlinks "$(command -v "$candidate")")
        break
    fi
done
[[ -n $python ]] || give_up 'no python3 has nbconvert, ipykernel, pandas and matplotlib; scripts/install-deps.sh installs them'
for build in build/{release,ci,dev}/python; do
    "$python" -c 'import moebius' 2>/dev/null && break
    [[ -d $build/moebius ]] && export PYTHONPATH=$PWD/$build${PYTHONPATH:+:$PYTHONPATH}
done
"$python" -c 'import moebius' || give_up "$python has no package moebius: pip install . or a build with scripts/python-env.sh makes it"

# Settings of our own: a kernel that is this Python, and no history that parallel runs would share.
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own/kernels/python3" "$to"
printf '{"argv": ["%s", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}\n' \
    "$python" >"$own/kernels/python3/kernel.json"
export JUPYTER_PATH=$own JUPYTER_CONFIG_DIR=$own/config JUPYTER_RUNTIME_DIR=$own/runtime
export IPYTHONDIR=$own/ipython PYDEVD_DISABLE_FILE_VALIDATION=1 PYTHONDONTWRITEBYTECODE=1

failed=0
[[ $to == "$PWD/notebooks" ]] || "$python" notebooks/check_stored.py "${files[@]}" || failed=1
for file in "${files[@]}"; do
    from=$(date +%s%N) status=0
    [[ $to == "$PWD/notebooks" ]] || rm -f "$to/$(basename "$file")"  # none of an earlier run
    timeout --kill-after=5 "$limit" "$python" -m nbconvert --to notebook --execute --log-level=ERROR \
        --ExecutePreprocessor.kernel_name=python3 --ExecutePreprocessor.record_timing=False \
        --ExecutePreprocessor.timeout="$limit" \
        --output-dir "$to" "$file" </dev/null 2>"$own/said" || status=$?
    took=$((($(date +%s%N) - from) / 100000000))
    case $status in
        0) word= ;;
        124 | 137) word="  over the limit of $limit s" ;;
        *) word='  failed' ;;
    esac
    if ((status != 0)); then
        failed=1
        # the cell and its error, without nbconvert's own stack
        sed -n '/^nbclient.exceptions/,$p' "$own/said" | grep . >&2 || cat "$own/said" >&2
    fi
    printf '%-32s %4d.%d s%s\n' "$(basename "$file" .ipynb)" $((took / 10)) $((took % 10)) "$word"
done
exit "$failed"

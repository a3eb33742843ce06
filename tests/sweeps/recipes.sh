# recipes.sh PROGRAM FOLDER PAGE: the recipes of docs/sweeps.md for Snakemake and Submitit, as they stand there but with 4
# shards, come to the table of one run. RECIPES_PATH: where their tools are, before those of the machine.
set -euo pipefail
program=$1 folder=$2 page=$3
. "$(dirname "${BASH_SOURCE[0]}")/plans.sh"
rm -rf "$folder" && mkdir -p "$folder/bin" && cd "$folder"
ln -s "$program" bin/moebius
PATH=$folder/bin:${RECIPES_PATH:+$RECIPES_PATH:}$PATH
plan exact >sweep.json
moebius run sweep.json --journal whole >/dev/null
moebius merge whole --out whole.csv >/dev/null
ran=() not_run=()

# recipe LANGUAGE: the block of the page
recipe() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" "$page" | sed 's/64/4/g'; }
same() {
    moebius merge sweep.json.journal --out "$1.csv" >/dev/null
    cmp "$1.csv" whole.csv
    test "$(ls sweep.json.journal | wc -l)" = 4
    rm -r sweep.json.journal
    ran+=("$1")
}

if command -v snakemake >/dev/null; then
    recipe snakemake >Snakefile
    snakemake --cores 2 >said 2>&1 || { cat said >&2; exit 1; }
    same snakemake
else
    not_run+=('snakemake is not here')
fi
if python3 -c 'import submitit' 2>/dev/null; then
    recipe submitit | sed 's/folder="logs"/&, cluster="local"/' >shards.py # also where there is a Slurm
    timeout 300 python3 shards.py >said 2>&1 || { cat said >&2; exit 1; }
    same submitit
else
    not_run+=('submitit is not here')
fi
((${#not_run[@]} == 0)) || printf 'not run: %s\n' "${not_run[@]}"
((${#ran[@]} > 0)) || exit 77
echo "the same: ${ran[*]}"

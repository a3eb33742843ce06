# schema.sh PROGRAM FOLDER SCHEMA: the published schema and the program take and refuse the same sweep files.
set -euo pipefail
program=$1 folder=$2 schema=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
python=
for one in python3 /usr/bin/python3; do
    if $one -c 'import jsonschema' 2>/dev/null; then python=$one; fi
done
[[ $python ]] || { echo 'skipped: python3-jsonschema is not here'; exit 77; }
$python "$here/schema.py" "$program" "$schema"

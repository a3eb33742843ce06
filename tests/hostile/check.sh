# check.sh PROGRAM PROJECT FOLDER PYTHON READER: makes every kind of result, holds it against the
# schema that is published, and edits each 50 times; and spoils each, and tables and checkpoints, in the ways
# that have hurt before (mutate.py and kinds.py take more by hand).
program=$1 project=$2 folder=$3 python=$4 reader=$5
here=$project/tests/hostile
rm -rf "$folder" && mkdir -p "$folder"
files=$(sh -eu "$here/results.sh" "$program" "$project" "$folder")
"$python" "$here/check_schema.py" "$project/docs/schema/result.schema.json" $files
"$python" "$here/mutate.py" "$reader" "$folder/edited" 50 $files
"$python" "$here/kinds.py" "$program" "$folder/spoilt" 6 $files

# A result that lacks something is written, but the program says what is missing and ends with 3.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

code=0
"$program" diagram --vary feedback=0.5:20 --max-points 4 --out - >diagram.json 2>sentences || code=$?
test $code = 3
grep -q '"last": "max_points"' diagram.json
grep -q '^moebius: branch 1 ended early at .*: max_points (raise --max-points or --max-step)$' sentences
test "$(grep -c '^moebius: branch 1 ' sentences)" = 1

code=0
"$program" locus --vary feedback=0.2:0.5 --vary bias=-1:1 --out locus.json --plot locus.svg \
    2>sentences || code=$?
test $code = 3
grep -q '^moebius: locus: no fold, branch point or Hopf point was found in this window$' sentences
grep -q '"schema": "moebius.locus/1"' locus.json
test ! -e locus.svg

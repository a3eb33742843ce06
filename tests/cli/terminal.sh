# The terminal gets a summary; the result goes where --out or --format say.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

"$program" diagram --vary feedback=0.5:20 >summary 2>sentences
grep -q '^BP1 ' summary
grep -q '"schema"' summary && exit 1
test ! -s sentences

"$program" diagram --vary feedback=0.5:20 --out - >printed.json
head -n 1 printed.json | grep -q '^{$'
test ! -e ./-
"$program" diagram --vary feedback=0.5:20 --out kept.json >said
cmp -s said summary
sed 's/--out -/--out kept.json/' printed.json | cmp - kept.json

# CSV by the ending, unless a format was asked for
"$program" diagram --vary feedback=0.5:20 --out kept.csv >said
"$program" diagram --vary feedback=0.5:20 --format csv | cmp - kept.csv
"$program" diagram --vary feedback=0.5:20 --out KEPT.CSV >said
sed 's/x/x/' KEPT.CSV | cmp - kept.csv

# a list in one option, or the option once for each
"$program" locus --set decay=2 beta=2 --vary feedback=1.5:20 bias=-9:9 >once
"$program" locus --set decay=2 --set beta=2 --vary feedback=1.5:20 --vary bias=-9:9 | cmp - once

# every command with a result has a summary
for words in 'exact --set feedback=4 --vary feedback=2:20' 'exact --model softmax' \
    'sweep --set feedback=4 --vary bias=-3:3' 'simulate --steps 40 --burn-in 4' \
    'sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 3' \
    'response --batches 4 --batch 64 --points 12' 'train --data mixture:3/4 --steps 20'; do
    $program $words >summary
    test -s summary
    grep -q '"schema"' summary && exit 1
done
test "$("$program" exact | grep -c '^pitchfork .*feedback = 2,')" = 1

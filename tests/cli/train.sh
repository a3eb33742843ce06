# An ensemble that is killed and resumed ends with the bytes of one that was not; so does one on one thread.
# One diverging model is marked, and the others are as they would be without it.
program=$1 data=$2/data/digits.csv folder=$3
rm -rf "$folder" && mkdir -p "$folder"
cd "$folder"
train="$program train --data $data --experts 2 --hidden 8 --batch 64 --vary feedback=0:4 --points 3 --seeds 2 \
    --evaluate-every 100 --device cpu"

# the checkpoint of a longer training is none of a shorter one
$train --steps 200 --checkpoint longer.npy --out longer.json >/dev/null
$train --steps 100 --checkpoint longer.npy 2>message && exit 1
grep -q "beyond --steps" message

# A stop inside the first hundred batches of a run that would take minutes.
code=0
timeout --foreground --preserve-status -s INT 2 $train --steps 400000 --checkpoint stopped.npy \
    --out stopped.json 2>/dev/null || code=$?
test $code = 130
test -s stopped.npy
test ! -e stopped.json
$program train --data "$data" --experts 3 --checkpoint stopped.npy 2>message && exit 1
grep -q 'it is of a training with other options' message

$train --steps 300 --out whole.json >/dev/null
$train --steps 300 --out one.json --threads 1 >/dev/null
cmp whole.json one.json 2>/dev/null || sed 's/one.json/whole.json/' one.json | cmp - whole.json
# killed without a word after the first test, then resumed
$train --steps 100 --checkpoint part.npy --out first.json >/dev/null
cp part.npy kept.npy
$train --steps 300 --checkpoint part.npy --out resumed.json >/dev/null &
sleep 0.3
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
cp kept.npy again.npy
for file in part again; do
    $train --steps 300 --checkpoint $file.npy --out resumed.json >/dev/null
    sed 's/resumed.json/whole.json/' resumed.json | cmp - whole.json
done

# The rate of the last of three points is beyond all bounds.
rates="$program train --data $data --experts 2 --hidden 4 --steps 100 --vary rate=0.1:1e300 --points 3"
$rates --format csv --out rates.csv >/dev/null
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "diverged_at") c = i }
         NR == 2 { if ($c != "nan") exit 1 } NR > 2 { if ($c == "nan") exit 1 }' rates.csv

# A checkpoint knows its data, also where the file keeps its name.
cp "$data" rows.csv
$program train --data rows.csv --hidden 4 --steps 50 --checkpoint rows.npy >/dev/null
head -300 "$data" >rows.csv
$program train --data rows.csv --hidden 4 --steps 100 --checkpoint rows.npy 2>message && exit 1
grep -q 'it is of a training with other options' message

# One expert has no gap, also beside two.
$program train --data "$data" --router top-1,experts=1 --against top-1,experts=2 --hidden 4 --steps 50 \
    --format csv --out gaps.csv >/dev/null
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "train_gap") c = i }
         NR == 2 { if ($c != "nan") exit 1 } NR == 3 { if ($c == "nan") exit 1 }' gaps.csv

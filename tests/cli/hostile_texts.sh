# No text of a result is run by what draws it: each text of each schema, replaced by commands in every
# dress, is shown or refused. usage: hostile_texts.sh PROGRAM PROJECT FOLDER HELPER
program=$1 data=$2/data/digits.csv folder=$3 helper=$4
command -v gnuplot >/dev/null || exit 0
rm -rf "$folder" && mkdir -p "$folder/results" "$folder/empty" && cd "$folder/results"
short="--batch 16 --seeds 2 --ramp 20 --settle 5 --average 10"
make() { "$program" "$@" >/dev/null 2>&1 || test $? = 3; }  # 3: theory and measurement disagree
make diagram --vary feedback=0.5:20 --max-step 2 --out diagram.json
make diagram --model softmax --experts 4 --vary feedback=2:5 --max-step 1 --out experts.json
make locus --vary feedback=1.5:20 --vary bias=-9:9 --max-step 2 --out locus.json
make sweep --set feedback=4 --vary bias=-3:3 --rate 0.1 --out sweep.json
make sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 3 --out grid.json
make simulate --set feedback=1 --batch 64 --steps 20 --burn-in 10 --out simulate.json
make exact --vary feedback=2:20 --points 5 --out exact.json
make response --seeds 2 --batches 4 --batch 64 --points 12 --out response.json
make compare --router top-1 --router top-k,k=1 $short --out compare.json
make validate --tokens mixture:-2/0.05/1,2/0.05/1 --set beta=8 $short --levels 3 --out validate.json
make train --data mixture:4/8/3/0/0.2/200 --experts 2 --hidden 4 --batch 8 --steps 10 --seeds 2 --out train.json
make validate --trained --data mixture:3/4 --experts 2 --hidden 4 --batch 8 --steps 10 --seeds 2 \
    --vary feedback=0:2 --points 2 --out trained.json
ls
cd ../empty
"$helper" ../results/*.json >../counts
cat ../counts
test "$(grep -c . ../counts)" = "$(ls ../results | wc -l)"
# What the figures of a schema name: axes by columns, special points, routers.
for schema in diagram experts locus sweep grid compare train; do
    grep -q "/$schema.json: .* [1-9][0-9]* drawn" ../counts
done

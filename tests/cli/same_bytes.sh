# The same input and seed give the same bytes: for any number of threads, in another run, in another folder
# and in another locale. That of German writes 1,5 for 1.5; where it is not known and cannot be made here,
# the shell says so and the program runs without.
program=$1 project=$2 folder=$3
rm -rf "$folder" && mkdir -p "$folder/a" "$folder/b" && cd "$folder/a"
cp "$project/data/digits.csv" .
cp digits.csv ../b

if ! locale -a 2>/dev/null | grep -qi '^de_DE.utf-\?8$'; then
    LOCPATH=$folder && export LOCPATH
    localedef -i de_DE -f UTF-8 "$folder/de_DE.UTF-8" 2>/dev/null || echo 'there is no German locale here' >&2
fi

# Whatever the answer is, it is the same one.
answer() { "$program" "$@" 2>sentences || test $? = 3; }

# same NAME WORD...: the command with 1, 2 and 16 threads where it takes any, again, elsewhere, in German
same() {
    name=$1
    shift
    printf '%s' "$name: "
    answer "$@" --out $name.json >$name.text
    mv $name.json first.json
    for threads in 1 2 16; do
        "$program" "$1" --help | grep -q -- --threads || break
        answer "$@" --out $name.json --threads $threads >text
        cmp $name.json first.json
        cmp text $name.text
        printf '%s threads, ' $threads
    done
    answer "$@" --out $name.json >text
    cmp $name.json first.json
    (export LC_ALL=de_DE.UTF-8 && cd ../b && answer "$@" --out $name.json >text)
    cmp ../b/$name.json first.json
    cmp ../b/text $name.text
    echo 'elsewhere'
}

tokens='--tokens digits.csv --set beta=4'
same diagram diagram --vary feedback=0.5:6
same many diagram --model softmax --experts 5 --vary feedback=3:6
same router diagram --router selective-sinkhorn,frequency=0.3 --vary feedback=0.5:6
same locus locus --vary feedback=1.5:20 --vary bias=-9:9
same exact exact --set feedback=4 --vary feedback=2:20
same sweep sweep --set feedback=4 --vary bias=-3:3 --rate 0.1
same grid sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 9
same simulate simulate $tokens --set feedback=1 --batch 256 --steps 200 --burn-in 20 --replicas 3 --seed 5
same response response --batches 4 --batch 64 --points 12
same compare compare --router top-1 --router top-k --batch 16 --seeds 2 --settle 1 --average 5 --ramp 5
same validate validate --set beta=2 --batch 16 --seeds 2 --levels 2 \
    --ramp 5 --settle 1 --average 5 --members 4
same train train --data mixture:3/4 --steps 40 --vary feedback=0:2 --points 3 --seeds 2 --device cpu
same trained validate --trained --data mixture:3/4/3/0/0.2/60 --steps 40 --vary feedback=0:2 --points 2 --seeds 2 \
    --settle 1 --average 2 --frozen-batch 32 --device cpu

# a figure is the same, too, wherever it is drawn
for name in diagram locus sweep grid response; do
    "$program" plot $name.json --out $name.svg
    (cd ../b && LC_ALL=de_DE.UTF-8 "$program" plot $name.json --out $name.svg)
    cmp $name.svg ../b/$name.svg
done

# and another seed gives others
"$program" simulate $tokens --set feedback=1 --batch 256 --steps 200 --burn-in 20 --replicas 3 --seed 6 \
    --out simulate.json >text
! cmp -s simulate.json ../b/simulate.json

# The same input and seed give the same bytes, for any number of threads.
program=$1 project=$2 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
for threads in 1 2; do
    "$program" simulate --tokens "$project/data/digits.csv" --set beta=4 --set feedback=1 --batch 256 \
        --steps 200 --burn-in 20 --replicas 3 --seed 5 --threads $threads >simulate.$threads
    "$program" sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 9 --threads $threads \
        >grid.$threads
done
cmp simulate.1 simulate.2
cmp grid.1 grid.2
"$program" simulate --tokens "$project/data/digits.csv" --set beta=4 --set feedback=1 --batch 256 \
    --steps 200 --burn-in 20 --replicas 3 --seed 6 >other
! cmp -s simulate.1 other
